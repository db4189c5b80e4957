"""Lines that the embedded model completes exactly, with and without what is gathered for them, and that copies do.

The sample is fixed: of each of three projects, fetched by pip once, lines that were written behind their first token.
Half of them are of functions that need a name from another file, and half any line. The workspace, the index, the
prompt, the engine and what is made of its answer are the product's; only the model is asked with as large a window in
both cases as `--window` says, and gathering may take its time. Beside it stands what the likeliest copy of a line of
the project says where it is confident, and what comes of asking the model, with context, only where it is not.

    python -m tests.bench.exact_match [--window TOKENS] [--lines EACH] [--held-out]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from context.copies import Copy
from context.gather import imports_of
from context.gatherer import Gatherer
from context.index import Index
from context.project import Project as IndexView
from context.retrieve import Query, Retrieval
from context.snippet import Snippet
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

# What was tuned was tuned on the projects above alone.
HELD_OUT = ("sphinx==7.4.7", "Django==5.1.4")
LINES_EACH = 100
# From here on a copy is right about as often as not.
CONFIDENT = 0.4
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


@dataclass(frozen=True, slots=True)
class Score:
    """What became of one line in one way: what it said, right or not, how similar, the tokens of its prompt, and the
    time it took."""

    said: str
    exact: bool
    similarity: float
    tokens: int = 0
    seconds: float = 0.0

    @staticmethod
    def of(said: str, line: Line, tokens: int = 0, seconds: float = 0.0) -> Score:
        """Compare what was said with the truth."""
        said, truth = said.split("\n")[0].strip(), line.truth.strip()
        similarity = SequenceMatcher(None, said, truth, autojunk=False).ratio()
        return Score(said, said == truth, similarity, tokens, seconds)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line in all ways: by the model with the file alone, and with context; by the first copy, if there is any."""

    line: Line
    alone: Score
    with_context: Score
    copied: Score
    confidence: float

    @property
    def confident(self) -> Score:
        """The copy, where it is confident; nothing elsewhere."""
        return self.copied if self.confidence >= CONFIDENT else Score("", False, 0.0)

    @property
    def either(self) -> Score:
        """The copy, where it is confident; the model with context elsewhere."""
        return self.copied if self.confidence >= CONFIDENT else self.with_context


# The ways that are compared, by the headings of their columns.
WAYS: Mapping[str, Callable[[Outcome], Score]] = {
    "the file alone": lambda outcome: outcome.alone,
    "with context": lambda outcome: outcome.with_context,
    "a confident copy": lambda outcome: outcome.confident,
    "copy, else context": lambda outcome: outcome.either,
}


def run(window_tokens: int = EMBEDDED_WINDOW, lines_each: int = LINES_EACH, projects: Sequence[str] = PROJECTS) -> None:
    """Measure and print."""
    asyncio.run(_run(window_tokens, lines_each, projects))


async def _run(window_tokens: int, lines_each: int, projects: Sequence[str]) -> None:
    assistant = Assistant(lambda _: None)
    assistant.configure(Config(local=LocalConfig(threads=2)))
    outcomes: list[Outcome] = []
    try:
        await assistant.warm()
        for requirement in projects:
            project = fetch(requirement)
            if project is not None:
                await _measure(assistant, project, lines_each, window_tokens, outcomes)
    finally:
        await assistant.aclose()
    _show(outcomes, window_tokens)
    _show_trust(outcomes)


async def _measure(
    assistant: Assistant, project: Project, lines_each: int, window_tokens: int, outcomes: list[Outcome]
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
        for line in sample(project, lines_each):
            document = Document.of((root / line.path).as_uri(), "python", 1, line.before + line.after)
            workspace.open(document.uri, "python", 1, document.text)
            gatherer.opened(document.uri)
            copied = await _copied(gatherer, document, line)
            alone = await _score(assistant, plain, document, line)
            with_context = await _score(assistant, ours, document, line)
            copy_score = Score.of(copied[0].text, line) if copied else Score("", False, 0.0)
            outcomes.append(Outcome(line, alone, with_context, copy_score, copied[0].confidence if copied else -1.0))
            if len(outcomes) % _TOLD_LINES == 0:
                exact = (f"{sum(way(each).exact for each in outcomes)} {name}" for name, way in WAYS.items())
                print(f"{len(outcomes)} lines; exact: {', '.join(exact)}", flush=True)
            workspace.close(document.uri)
            gatherer.closed(document.uri)
        await gatherer.aclose()


async def _copied(gatherer: Gatherer, document: Document, line: Line) -> Sequence[Copy]:
    found: list[Copy] = []
    index = gatherer.indexes.of(document.uri)
    assert index is not None, "the file is outside of the project"

    def question(project: IndexView, late: Callable[[], bool]) -> Iterator[Snippet]:
        query = Query.at(document, len(line.before))
        found.extend(Retrieval(query, project, imports_of(document), (), late).copies)
        return iter(())

    await index.ask_project(question, deadline_s=_PATIENCE_S)
    return found


def _asker(assistant: Assistant, prompts: Prompts) -> Asker:
    return Asker(assistant.outbound, assistant.outbound.connect, LoadGuard(time.monotonic), time.monotonic, prompts)


def sample(project: Project, count: int) -> list[Line]:
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
    return Score.of(text, line, trace.usage.input_tokens or 0, time.perf_counter() - began_s)


def _show(outcomes: Sequence[Outcome], window_tokens: int) -> None:
    rows: list[tuple[str, ...]] = []
    for kind, wanted in (("all lines", (True, False)), ("names of other files", (True,)), ("any lines", (False,))):
        own = [outcome for outcome in outcomes if outcome.line.cross_file in wanted]
        if not own:
            continue
        exact = [sum(way(outcome).exact for outcome in own) for way in WAYS.values()]
        similar = [sum(way(outcome).similarity for outcome in own) / len(own) for way in WAYS.values()]
        rows += [
            (f"{kind}: exact, of {len(own)}", *_with_ratios(exact, "{:.0f}")),
            (f"{kind}: edit similarity", *_with_ratios(similar, "{:.3f}")),
        ]
    asked = [[way(outcome) for outcome in outcomes] for way in list(WAYS.values())[:2]]
    tokens = [[score.tokens for score in scores if score.tokens] or [0] for scores in asked]
    times = [[score.seconds * 1000 for score in scores] for scores in asked]
    rows.append(("tokens of a prompt, p50", *(f"{p50(each):.0f}" for each in tokens), "", ""))
    rows.append(("a new prompt to its answer, ms, p50 / p95", *(f"{p50(t):.0f} / {p95(t):.0f}" for t in times), "", ""))
    title = f"Lines of real projects and the embedded model, within {window_tokens} tokens (and by the file alone: ×)"
    show(title, ("", *WAYS), rows)


def _with_ratios(values: Sequence[float], form: str) -> Iterator[str]:
    yield form.format(values[0])
    yield from (f"{form.format(value)} (×{value / values[0]:.2f})" if values[0] else "–" for value in values[1:])


def _show_trust(outcomes: Sequence[Outcome]) -> None:
    agreed = [each for each in outcomes if each.copied.said and each.copied.said == each.with_context.said]
    kinds = {f"the copy is confident (≥ {CONFIDENT})": [each for each in outcomes if each.confidence >= CONFIDENT]}
    kinds["the copy is confident (≥ 0.8)"] = [each for each in outcomes if each.confidence >= 0.8]
    kinds["copy and model with context agree"] = agreed
    rows = []
    for kind, own in kinds.items():
        right = sum(each.copied.exact for each in own)
        rows.append((kind, str(len(own)), str(right), f"{right / len(own):.0%}" if own else "–"))
    show(f"How far copies can be trusted, of {len(outcomes)} lines", ("", "lines", "right", "precision"), rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=int, default=EMBEDDED_WINDOW)
    parser.add_argument("--lines", type=int, default=LINES_EACH)
    parser.add_argument("--held-out", action="store_true", help="lines of projects that nothing was tuned on")
    given = parser.parse_args()
    run(given.window, given.lines, HELD_OUT if given.held_out else PROJECTS)
