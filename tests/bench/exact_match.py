"""Lines that the embedded model completes exactly, with and without what is gathered for them.

The sample is fixed: of each of three projects, fetched by pip once, lines that were written behind their first token.
Half of them are of functions that need a name from another file, and half any line. The workspace, the index, the
prompt, the engine and what is made of its answer are the product's; only the model is asked with as large a window in
both cases as `--window` says, and gathering may take its time.

    python -m tests.bench.exact_match [--window TOKENS] [--lines EACH]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from context.gatherer import Gatherer
from context.index import Index
from context.text import Document
from context.workspace import Workspace
from lsp_server.assistant import Assistant
from lsp_server.completion.ask import Asker, Trace
from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import Dropped
from lsp_server.completion.prompt import EMBEDDED_WINDOW, Prompts
from lsp_server.config import CompletionConfig, Config, LocalConfig
from lsp_server.models.load import LoadGuard
from lsp_server.models.providers import resolve
from tests.bench.figures import p50, p95, show
from tests.bench.recall_tasks import Project, fetch, tasks_of

PROJECTS = ("rich==13.9.4", "scrapy==2.11.2", "celery==5.4.0")
LINES_EACH = 100
_SHORTEST_LINE = 12
_PATIENCE_S = 10.0

# It takes long enough that one wants to see how it goes.
_TOLD_LINES = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A line to complete: `path` holds `before` and `after`, and `truth` stood between them. `cross_file` is of a
    function that needs a name from another file."""

    path: str
    before: str
    after: str
    truth: str
    cross_file: bool


@dataclass(slots=True)
class Score:
    """What became of one line in one way: right or not, how similar, the tokens of its prompt, and the time it took."""

    line: Line
    exact: bool
    similarity: float
    tokens: int
    seconds: float


def run(window_tokens: int = EMBEDDED_WINDOW, lines_each: int = LINES_EACH) -> None:
    """Measure and print."""
    asyncio.run(_run(window_tokens, lines_each))


async def _run(window_tokens: int, lines_each: int) -> None:
    assistant = Assistant(lambda _: None)
    assistant.configure(Config(local=LocalConfig(threads=2)))
    alone: list[Score] = []
    with_context: list[Score] = []
    try:
        await assistant.warm()
        for requirement in PROJECTS:
            project = fetch(requirement)
            if project is not None:
                await _measure(assistant, project, lines_each, window_tokens, alone, with_context)
    finally:
        await assistant.aclose()
    _show(alone, with_context, window_tokens)


async def _measure(
    assistant: Assistant,
    project: Project,
    lines_each: int,
    window_tokens: int,
    alone: list[Score],
    with_context: list[Score],
) -> None:
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        root, cache = Path(folder, "project"), Path(folder, "cache")
        for path, text in project.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        workspace = Workspace([root])
        gatherer = Gatherer(workspace, lambda path: Index(path, cache, settle_s=0))
        await gatherer.set_folders([root])
        await gatherer.indexes.settled()
        plain = _asker(assistant, Prompts(window_tokens=window_tokens))
        ours = _asker(assistant, Prompts(gatherer, window_tokens=window_tokens, deadline_s=_PATIENCE_S))
        for line in _sample(project, lines_each):
            document = Document.of((root / line.path).as_uri(), "python", 1, line.before + line.after)
            workspace.open(document.uri, "python", 1, document.text)
            gatherer.opened(document.uri)
            alone.append(await _score(assistant, plain, document, line))
            with_context.append(await _score(assistant, ours, document, line))
            if len(alone) % _TOLD_LINES == 0:
                exact = [sum(score.exact for score in scores) for scores in (alone, with_context)]
                print(f"{len(alone)} lines: {exact[0]} exact alone, {exact[1]} with context", flush=True)
            workspace.close(document.uri)
            gatherer.closed(document.uri)
        await gatherer.aclose()


def _asker(assistant: Assistant, prompts: Prompts) -> Asker:
    return Asker(assistant.outbound, assistant.outbound.connect, LoadGuard(time.monotonic), time.monotonic, prompts)


def _sample(project: Project, count: int) -> list[Line]:
    """Give the same lines of a project every time."""
    cross_file = [
        Line(task.path, task.prefix, task.suffix, task.truth.split("\n")[0].rstrip(), True)
        for task in tasks_of(project, count // 2)
    ]
    chance = random.Random(f"lines of {project.name}")
    paths = sorted(path for path in project.files if not path.startswith(("tests", "docs", "t/", "examples")))
    own: list[Line] = []
    while len(own) < count - len(cross_file):
        path = chance.choice(paths)
        lines = project.files[path].split("\n")
        number = chance.randrange(len(lines))
        stripped = lines[number].strip()
        if len(stripped) < _SHORTEST_LINE or stripped.startswith(("#", '"', "'")) or " " not in stripped:
            continue
        head = lines[number][: lines[number].index(stripped) + len(stripped.split()[0])]
        before, after = "\n".join([*lines[:number], head]), "\n" + "\n".join(lines[number + 1 :])
        own.append(Line(path, before, after, lines[number][len(head) :].rstrip(), False))
    return cross_file + own


async def _score(assistant: Assistant, asker: Asker, document: Document, line: Line) -> Score:
    trace, began_s = Trace(), time.perf_counter()
    place = Place.at(document, len(line.before))
    try:
        model = resolve("local", assistant.config, {})
        text = await asker.ask(document, place, model, CompletionConfig(timeout_s=120.0), trace, lambda _: None)
    except Dropped:
        text = ""
    said, truth = text.split("\n")[0].strip(), line.truth.strip()
    similarity = SequenceMatcher(None, said, truth, autojunk=False).ratio()
    return Score(line, said == truth, similarity, trace.usage.input_tokens or 0, time.perf_counter() - began_s)


def _show(alone: Sequence[Score], with_context: Sequence[Score], window_tokens: int) -> None:
    rows = []
    for kind, wanted in (("all lines", (True, False)), ("names of other files", (True,)), ("any lines", (False,))):
        few = [score for score in alone if score.line.cross_file in wanted]
        many = [score for score in with_context if score.line.cross_file in wanted]
        if not few:
            continue
        exact = [sum(score.exact for score in scores) for scores in (few, many)]
        similar = [sum(score.similarity for score in scores) / len(few) for scores in (few, many)]
        rows += [
            (f"{kind}: exact, of {len(few)}", *map(str, exact), f"{exact[1] / max(exact[0], 1):.2f}"),
            (f"{kind}: edit similarity", *(f"{each:.3f}" for each in similar), f"{similar[1] / similar[0]:.2f}"),
        ]
    tokens = [[score.tokens for score in scores if score.tokens] for scores in (alone, with_context)]
    times = [[score.seconds * 1000 for score in scores] for scores in (alone, with_context)]
    rows.append(("tokens of a prompt, p50", *(f"{p50(each):.0f}" if each else "–" for each in tokens), ""))
    rows.append(
        ("a prompt never seen to its answer, ms, p50 / p95", *(f"{p50(t):.0f} / {p95(t):.0f}" for t in times), "")
    )
    title = f"Lines of real projects and the embedded model, within {window_tokens} tokens"
    show(title, ("", "the file alone", "with context", "ratio"), rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=int, default=EMBEDDED_WINDOW)
    parser.add_argument("--lines", type=int, default=LINES_EACH)
    given = parser.parse_args()
    run(given.window, given.lines)
