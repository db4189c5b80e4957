"""The tools that run commands: with nothing of our keys in their environment, and nothing left behind.

A command that is one program with its words runs without a shell; any other one by bash, without its start-up files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from context.folders import holds
from lsp_server.errors import AssistantError
from lsp_server.tools.commands import Script, parse_command
from lsp_server.tools.environment import lies_within, program, sandboxed, scrubbed
from lsp_server.tools.files import excluded
from lsp_server.tools.paths import PathRefused, identity_of, resolve
from lsp_server.tools.process import Ended, run_process
from lsp_server.tools.readers import Operand, judge
from lsp_server.tools.request import Command, Request, Target, canonical, visible
from lsp_server.tools.tool import Action, Arguments, Tool, ToolContext, ToolOutcome, parameters

_TIMEOUT_S = 120
_MOST_TIMEOUT_S = 1_800


class CommandRefused(AssistantError):
    """A command that is not run; the message tells the model why."""


async def _prepare(arguments: Arguments, context: ToolContext) -> Action:
    return _action("run_command", arguments, context)


async def _prepare_tests(arguments: Arguments, context: ToolContext) -> Action:
    return _action("run_tests", arguments, context)


def _action(tool: str, arguments: Arguments, context: ToolContext) -> Action:
    text = arguments["command"]
    folder = _folder(arguments.get("folder", "."), context)
    environment = scrubbed(context.environment)
    script = parse_command(text)
    command, targets = _judged(script, folder, environment, context)
    request = Request(tool, "execute", visible(text.strip()), canonical(arguments), targets, command)
    timeout_s = arguments.get("timeout_s", _TIMEOUT_S)

    async def perform() -> ToolOutcome:
        argv = _argv(script, environment)
        if context.sandbox:
            argv = sandboxed(argv, _wrapper(environment, context), context.folders, folder)
        ended = await run_process(
            argv, folder=folder, environment=environment, timeout_s=timeout_s, on_output=context.on_output
        )
        return _outcome(ended, timeout_s)

    return Action(request, perform)


def _folder(path: str, context: ToolContext) -> Path:
    place = resolve(path, context.folders, own=context.own_folders)
    if place.place != "inside" or not place.real.is_dir():
        raise CommandRefused(f"{place.name} is no folder of the workspace: commands run in one.")
    return place.real


def _judged(
    script: Script, folder: Path, environment: dict[str, str], context: ToolContext
) -> tuple[Command, tuple[Target, ...]]:
    judgement = judge(script)
    names = dict.fromkeys(argv[0] for argv in script.argvs) if not script.doubt else {}
    programs = [program(name, environment) for name in names if name not in _BUILT_IN]
    doubt = judgement.doubt or _doubtful(programs, script, folder, context)
    targets: list[Target] = []
    for operand in judgement.operands:
        found = _target(operand, folder, context)
        if isinstance(found, Target):
            targets.append(found)
        else:
            doubt = doubt or found
    identified = tuple(f"{path} {identity_of(Path(os.path.realpath(path)))}" for path in programs if path)
    command = Command(script.text, str(folder), script.argvs, bool(script.doubt), doubt, identified)
    return command, tuple(targets)


# Run by the shell itself when there is one; alone, none of them has anything to tell.
_BUILT_IN = frozenset(("cd",))


def _doubtful(programs: Sequence[str], script: Script, folder: Path, context: ToolContext) -> str:
    """Say why a command that should only read may be something else: a program of that name, or of this repository."""
    if any(not path for path in programs):
        return "one of its programs is not there"
    if any(lies_within(path, context.folders) for path in programs):
        return "one of its programs belongs to the project"
    tops = [Path(os.path.realpath(each)) for each in context.folders]
    if any(argv[0] == "git" for argv in script.argvs) and folder not in tops:
        return "it runs git in a folder whose settings could name programs"
    return ""


def _target(operand: Operand, folder: Path, context: ToolContext) -> Target | str:
    """Give what a word of a command names; a sentence when it cannot be let through unasked."""
    try:
        place = resolve(operand.path, context.folders, base=folder / operand.folder, own=context.own_folders)
    except PathRefused as error:
        return str(error).rstrip(".")
    if place.place != "inside":
        return f"{place.real} lies outside of the workspace folders"
    if not operand.content:
        return place.target("read")
    if place.real.is_dir():
        return f"{place.name} is a folder, of which all files would be read"
    why = excluded(place, context)
    return f"{place.name} is {why}".rstrip(".") if why else place.target("read", why)


def _argv(script: Script, environment: dict[str, str]) -> list[str]:
    if not script.needs_shell and script.argvs[0][0] not in _BUILT_IN:
        found = program(script.argvs[0][0], environment)
        if found:
            return [found, *script.argvs[0][1:]]
    shell = program("bash", environment) or program("sh", environment)
    if not shell:
        raise CommandRefused("There is no shell here: give one program with its arguments.")
    options = ["--noprofile", "--norc"] if Path(shell).name == "bash" else []
    return [shell, *options, "-c", script.text]


def _wrapper(environment: dict[str, str], context: ToolContext) -> str:
    found = program("bwrap", environment)
    if not found:
        raise CommandRefused("Commands shall run in a sandbox, and bubblewrap (bwrap) is not installed: install it.")
    if any(holds(Path(os.path.realpath(folder)), Path(found)) for folder in context.folders):
        raise CommandRefused("The bwrap that is found belongs to the project: install it for the system.")
    return found


def _outcome(ended: Ended, timeout_s: float) -> ToolOutcome:
    output = ended.output.replace("\0", "\ufffd")
    newline = "" if output.endswith("\n") or not output else "\n"
    if ended.code is None:
        return ToolOutcome(f"{output}{newline}(It took longer than {timeout_s:g} s and was ended.)", is_error=True)
    return ToolOutcome(f"{output}{newline}(exit code {ended.code})", is_error=ended.code != 0)


_PROPERTIES: Mapping[str, Mapping[str, Any]] = {
    "folder": {"type": "string", "description": "where it runs, from the workspace folder on; that itself if left out"},
    "timeout_s": {
        "type": "integer",
        "minimum": 1,
        "maximum": _MOST_TIMEOUT_S,
        "description": "seconds; 120 if left out",
    },
}

RUN_COMMAND = Tool(
    "run_command",
    "Run a command line of bash, without input, and get its output and exit code. The person is asked first, unless it"
    " only reads. Prefer read_file, grep, glob and the git tools to commands that do the same.",
    parameters(("command",), command={"type": "string", "minLength": 1, "maxLength": 10_000}, **_PROPERTIES),
    "execute",
    _prepare,
)

RUN_TESTS = Tool(
    "run_tests",
    "Run the project's tests, or some of them, by the command that this project uses for that; the end of the output"
    " tells which failed.",
    parameters(
        ("command",),
        command={
            "type": "string",
            "minLength": 1,
            "maxLength": 10_000,
            "description": "such as: pytest -q tests/test_a.py",
        },
        **_PROPERTIES,
    ),
    "execute",
    _prepare_tests,
)
