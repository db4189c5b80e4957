"""The command line: arguments in, one face out."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeAlias

from rich.console import Console
from rich.progress import DownloadColumn, Progress, TransferSpeedColumn
from rich.prompt import Confirm
from rich.table import Table
from rich.text import Text

from context.text import Document
from context.workspace import Workspace
from lsp_server import __version__
from lsp_server.assistant import Assistant
from lsp_server.chat.blocks import ContentBlock, ResourceLink, TextBlock
from lsp_server.chat.store import Store, store_path
from lsp_server.completion.ask import Trace
from lsp_server.completion.engine import Completion, CompletionRequest, Nothing
from lsp_server.completion.explain import Explanation, explained
from lsp_server.errors import AssistantError
from lsp_server.models.pool import members
from lsp_server.models.providers import PROVIDERS, Model, Voice, resolve
from lsp_server.sources import load
from lsp_server.terminal import Terminal, show_status, typed_line

# What the times of an explanation are called.
_TIMES = {
    "waitedMs": "held back",
    "gatheredMs": "gathered",
    "firstTokenMs": "first token after",
    "streamedMs": "streamed",
    "totalMs": "all in",
}

Command: TypeAlias = Callable[[argparse.Namespace, Console], Coroutine[None, None, int]]


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code: 0 done, 1 not done (with the reason), 2 wrong arguments."""
    parsed = _parser().parse_args(arguments)
    console = Console(stderr=False)
    try:
        command: Command = parsed.command
        return asyncio.run(command(parsed, console))
    except AssistantError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        return 1
    except BrokenPipeError:
        # Whoever read this has gone, as `head` does; nor must the interpreter complain when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 141
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "antiphon", description="A code assistant behind any editor. Without a command: the language server."
    )
    parser.add_argument("--version", action="version", version=f"antiphon {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = _add(commands, "serve", _serve, "the language server (what an editor starts)")
    serve.add_argument("--stdio", action="store_true", help="over standard input and output (the default)")
    complete = _add(commands, "complete", _complete, "one completion, with what was sent and how long it took")
    complete.add_argument("place", metavar="FILE:LINE:COLUMN", help="the cursor, counted from 1")
    complete.add_argument("--json", action="store_true", help="print JSON")
    complete.add_argument("--explain", action="store_true", help="say why, what was sent, and how long each part took")
    chat = _add(commands, "chat", _chat, "ask one question, or talk")
    chat.add_argument("--file", action="append", default=[], type=Path, help="a file that goes along")
    chat.add_argument("prompt", nargs="*", help="the question; none begins a conversation")
    _add(commands, "doctor", _doctor, "check settings, models and latencies, and say what to do")
    _add_models(_add(commands, "models", _models, "list the models that are configured"))
    settings = _add(commands, "config", _config, "about the settings")
    settings.add_argument("what", choices=["schema"], help="print the JSON Schema of all settings")
    demo = _add(commands, "demo", _demo, "the 60-second tour: a completion, a question and a command, all real")
    demo.add_argument("--record", type=Path, metavar="FILE.svg", help="write a picture of what is shown")
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, command: Command, description: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=description, description=description)
    parser.set_defaults(command=command)
    return parser


def _add_models(parser: argparse.ArgumentParser) -> None:
    pull = parser.add_subparsers(metavar="pull").add_parser("pull", help="fetch a model for the embedded engine")
    pull.add_argument("source", nargs="?", help="a known name, a URL or a path of a GGUF file; none: the default model")
    pull.set_defaults(command=_pull)


async def _serve(arguments: argparse.Namespace, console: Console) -> int:
    raise AssistantError("Start the language server as `antiphon serve --stdio`, without other options.")


async def _complete(arguments: argparse.Namespace, console: Console) -> int:
    path, line, column = _cursor_of(arguments.place)

    async def complete(assistant: Assistant) -> int:
        document = _read(assistant.workspace, path)
        if line > len(document.lines):
            raise AssistantError(f"{path} has {len(document.lines)} lines; there is no line {line}.")
        offset = document.line_start(line - 1) + min(column - 1, len(document.content(line - 1)))
        # What an editor has had indexed here is used; nobody waits for what is not.
        await assistant.gatherer.set_folders([Path.cwd()])
        assistant.prepare(document, offset)
        await assistant.warm()
        answer = await assistant.completion.complete(CompletionRequest(document, offset, invoked=True))
        told = explained(answer, assistant.config.completion.model)
        told = replace(told, line=line - 1, character=column - 1)
        if arguments.json:
            explanation = {"explanation": told.json()} if arguments.explain else {}
            print(json.dumps(_completion_json(answer) | explanation, ensure_ascii=False))
        else:
            _show_completion(console, document, offset, answer)
            if arguments.explain:
                console.print(_explanation(told))
        return 0 if isinstance(answer, Completion) else 1

    return await _with_assistant(Console(stderr=True), complete)


async def _chat(arguments: argparse.Namespace, console: Console) -> int:
    links = [ResourceLink(path.resolve().as_uri(), path.name) for path in arguments.file]

    async def chat(assistant: Assistant) -> int:
        terminal = Terminal(console, assistant.workspace)
        session_id = await assistant.sessions.new(str(Path.cwd()))

        async def ask(question: str, blocks: Sequence[ContentBlock]) -> None:
            try:
                await assistant.sessions.prompt(session_id, [TextBlock(question), *blocks], terminal)
            finally:
                terminal.end_answer()

        if arguments.prompt:
            await ask(" ".join(arguments.prompt), links)
            return 0
        return await _converse(console, ask, links)

    return await _with_assistant(Console(stderr=True), chat)


async def _converse(
    console: Console, ask: Callable[[str, Sequence[ContentBlock]], Awaitable[None]], links: Sequence[ContentBlock]
) -> int:
    """Ask question after question until the input ends; the files go along with the first."""
    while True:
        try:
            question = (await typed_line(lambda: console.input("[bold cyan]> [/]"))).strip()
        except EOFError:
            return 0
        if not question:
            continue
        try:
            await ask(question, links)
        except AssistantError as error:
            console.print(str(error), style="red", markup=False)
            continue
        links = ()


async def _doctor(arguments: argparse.Namespace, console: Console) -> int:
    from lsp_server.doctor import examine

    config, problems = load(Path.cwd())
    assistant = Assistant(lambda _: None)
    assistant.configure(config)
    try:
        findings = await examine(config, problems, client=assistant.outbound.client, connect=assistant.outbound.connect)
    finally:
        await assistant.aclose()
    table = Table(box=None, show_header=False, padding=(0, 1))
    styles = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "fatal": ("✗", "red")}
    for finding in findings:
        mark, style = styles[finding.level]
        body = Text(finding.message, overflow="fold")
        if finding.remedy:
            body.append(f"\n→ {finding.remedy}", "bold")
        table.add_row(Text(mark, style), Text(finding.subject, "bold"), body)
    console.print(table)
    return 1 if any(finding.level == "fatal" for finding in findings) else 0


async def _models(arguments: argparse.Namespace, console: Console) -> int:
    config, _ = load(Path.cwd())
    table = Table(box=None, padding=(0, 1))
    for heading in ("used for", "model", "where", "fill-in-the-middle", "tokens", "in / out a million"):
        table.add_column(heading, no_wrap=heading in ("model", "where"))
    uses: tuple[tuple[str, Voice, tuple[str, ...]], ...] = (
        ("completion", "completion", (config.completion.model,)),
        ("… in an outage", "completion", config.completion.fallback),
        ("chat", "chat", (config.chat.model,)),
        ("… in an outage", "chat", config.chat.fallback),
    )
    faults: dict[str, str] = {}
    for use, voice, names in uses:
        for name in names:
            try:
                table.add_row(use, name, *_facts(resolve(name, config, os.environ, voice), voice))
            except AssistantError as error:
                table.add_row(use, name, Text("cannot be used, see below", "red"))
                faults[name] = str(error)
    console.print(table)
    for name, fault in faults.items():
        console.print(f"{name}: {fault}", style="red", markup=False, soft_wrap=True)
    console.print(f"Providers: {', '.join(sorted({*PROVIDERS, *config.providers}))}", style="dim")
    return 0


def _facts(model: Model, voice: Voice) -> tuple[str, ...]:
    """Give what is known of a model, in words; "?" where nothing is."""
    where = "this machine, embedded" if model.embedded else "\n".join(each.base_url for each in members(model.endpoint))
    price = f"${model.price.input:g} / ${model.price.output:g} {model.price.dated}".rstrip() if model.price else "?"
    window = f"{model.context_window:,}" if model.context_window else "?"
    own = "nothing" if model.endpoint.local else price
    return where, ", ".join(model.fim_ways) if voice == "completion" else "", window, own


async def _pull(arguments: argparse.Namespace, console: Console) -> int:
    from lsp_server.models.pull import pull

    columns = (*Progress.get_default_columns(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(arguments.source or "the default model", total=None)

        def agree(terms: str) -> bool:
            progress.stop()
            return sys.stdin.isatty() and Confirm.ask(f"{terms}. Do you agree?", console=console, default=False)

        def update(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total or None)

        pulled = await asyncio.to_thread(pull, arguments.source, update, agree=agree)
    console.print(f"The model is at {pulled.path}.", markup=False, soft_wrap=True)
    if pulled.settings:
        console.print(f"These lines in your settings select it:\n\n{pulled.settings}", markup=False, soft_wrap=True)
    return 0


async def _config(arguments: argparse.Namespace, console: Console) -> int:
    from lsp_server.config_schema import config_schema

    print(json.dumps(config_schema(), indent=2))
    return 0


async def _demo(arguments: argparse.Namespace, console: Console) -> int:
    from lsp_server.demo import demo

    recording = Console(record=True, width=100) if arguments.record else console
    config, _ = load(None)
    code = await demo(recording, config)
    if arguments.record:
        recording.save_svg(str(arguments.record), title="antiphon demo")
    return code


async def _with_assistant(console: Console, work: Callable[[Assistant], Awaitable[int]]) -> int:
    """Run something with the assistant as the settings of this folder want it; what is wrong with them is printed."""
    config, problems = load(Path.cwd())
    for problem in problems:
        console.print(str(problem), style="yellow", markup=False)
    kept = Store(store_path(), keep_days=90.0, tell=lambda told: console.print(told, style="yellow", markup=False))
    assistant = Assistant(lambda status: show_status(console, status), store=kept)
    assistant.workspace.set_folders([Path.cwd()])
    assistant.configure(config)
    try:
        return await work(assistant)
    finally:
        await assistant.aclose()


def _cursor_of(text: str) -> tuple[Path, int, int]:
    name, _, column = text.rpartition(":")
    name, _, line = name.rpartition(":")
    if not name or not line.isdecimal() or not column.isdecimal() or int(line) < 1 or int(column) < 1:
        raise AssistantError(f"{text!r} is no place in a file: write it as FILE:LINE:COLUMN, counted from 1.")
    return Path(name), int(line), int(column)


def _read(workspace: Workspace, path: Path) -> Document:
    uri = path.resolve().as_uri()
    document = workspace.document(uri, attached=True)
    if document is None:
        raise AssistantError(f"{path} cannot be read: {workspace.verdict(uri, attached=True)}")
    return document


def _show_completion(console: Console, document: Document, offset: int, answer: Completion | Nothing) -> None:
    line, column = document.line_column(offset)
    content = document.content(line)
    shown = Text(content[:column])
    if isinstance(answer, Completion):
        shown.append(answer.text, "bold green")
    shown.append(content[column:])
    console.print(shown, soft_wrap=True)
    if isinstance(answer, Nothing):
        console.print(f"nothing: {answer.error or answer.reason}", style="yellow", markup=False)
    if answer.trace and answer.trace.request:
        console.print(_costs(answer.trace), style="dim", markup=False, soft_wrap=True)


def _explanation(told: Explanation) -> Table:
    """Give an explanation as a table: why, who was asked, what was sent, and how long each part took."""
    tree = told.json()
    sent, times = tree["prompt"], tree["timings"] or {}
    rows = {
        "why": f"{told.reason}: {told.message}",
        "model": " by way ".join(filter(None, (tree["model"], tree["way"]))),
        "sent": "nothing" if sent is None else "\n".join(_parts(sent)),
        "missing": tree["missing"] or "",
        "answer": f"{tree['answer']['characters']:,} characters" if tree["answer"] else "",
        "times": ", ".join(f"{_TIMES[name]} {value:g} ms" for name, value in times.items() if value is not None),
    }
    table = Table(box=None, show_header=False, padding=(0, 1))
    for name, text in rows.items():
        if text:
            table.add_row(Text(name, "bold"), Text(text, overflow="fold"))
    return table


def _parts(sent: dict[str, Any]) -> list[str]:
    sizes = [(name, sent[name]) for name in ("prefix", "suffix") if sent[name] is not None]
    sizes += [(file["name"], file) for file in sent["files"]]
    return [f"{name}: {part['characters']:,} characters" for name, part in sizes]


def _costs(trace: Trace) -> str:
    sent = trace.request
    parts = [
        f"{trace.model} by way {trace.way!r}",
        f"sent {len(sent.prefix)} + {len(sent.suffix or '')} characters" if sent else "",
        f"gathered in {trace.gathered_s * 1000:.0f} ms",
        f"first token after {trace.first_token_s * 1000:.0f} ms" if trace.first_token_s is not None else "",
        f"all in {trace.total_s * 1000:.0f} ms",
        trace.missing,
    ]
    return ", ".join(part for part in parts if part)


def _completion_json(answer: Completion | Nothing) -> dict[str, object]:
    trace = {} if answer.trace is None else asdict(answer.trace)
    if isinstance(answer, Completion):
        return {"text": answer.text, "source": answer.source, "trace": trace}
    return {"text": None, "reason": answer.reason, "error": str(answer.error or ""), "trace": trace}
