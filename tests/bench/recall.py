"""Context recall: which share of the names that a left-out line needs, and that stand only elsewhere, is gathered.

Beside it, in the same run on the same tasks, by construction 0 being what the current file alone gives:

- "open tabs": of each of at most 20 open files the window of 60 lines that is most like the lines before the cursor
  (Jaccard), the best first; the method that the most used assistant has published;
- "BM25": windows of 20 lines of the whole project, asked with the 20 lines before the cursor; the first step of a
  published method (RepoCoder);
- "oracle": the same, asked with what was left out as well.

The numbers of the gatherer were tuned on some projects; the others were held out.
"""

from __future__ import annotations

import keyword
import math
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from context.gather import Surroundings, gather_snippets
from context.index_reader import Reader
from context.index_store import Store
from context.indexer import Indexer
from context.recent import Recent
from context.snippet import Snippet
from context.syntax import parse
from context.text import Document, Span
from tests.bench.figures import p50, p95, show
from tests.bench.recall_tasks import Project, Task, fetch, tasks_of

TUNED_ON = ("rich==13.9.4", "scrapy==2.11.2", "celery==5.4.0")
HELD_OUT = ("sphinx==7.4.7", "django==5.1.4")

BUDGETS = (2_000, 4_000, 8_000)
MOST_TASKS = 200

_WORD = re.compile(r"[A-Za-z_]\w*")


def run() -> None:
    """Measure all projects and print a table each; one that cannot be downloaded is skipped, which is said."""
    for requirement in (*TUNED_ON, *HELD_OUT):
        project = fetch(requirement)
        if project is not None:
            _measure(project, requirement, "tuned on" if requirement in TUNED_ON else "held out")


def _measure(project: Project, requirement: str, use: str) -> None:
    tasks = tasks_of(project, MOST_TASKS)
    windows = Windows(project)
    peers = {
        "open tabs": [_open_tabs(project, task) for task in tasks],
        "BM25": [windows.search(task, _query(task)) for task in tasks],
        "oracle": [windows.search(task, _query(task) + task.truth) for task in tasks],
    }
    with tempfile.TemporaryDirectory(prefix="antiphon-recall-") as folder:
        ours = Ours(project, Path(folder).resolve())
        own = [_recall([ours.gather(task, most) for task in tasks], tasks, most) for most in BUDGETS]
        ours.close()
    others = {name: [_recall(texts, tasks, most) for most in BUDGETS] for name, texts in peers.items()}
    rows = [(name, *map("{:.1%}".format, recalls)) for name, recalls in {**others, "ours": own}.items()]
    for name, recalls in others.items():
        ratios = (mine / max(theirs, 1e-9) for mine, theirs in zip(own, recalls, strict=True))
        rows.append((f"ours ÷ {name}", *map("{:.2f}".format, ratios)))
    names = sum(len(task.names) for task in tasks)
    title = f"Context recall in {requirement} ({use})"
    show(title, ("", *(f"{most:,} characters" for most in BUDGETS)), rows)
    print(f"{len(project.files)} files, {len(tasks)} tasks, {names} names.", end=" ")
    print(f"Gathering (processor time): p50 {p50(ours.times_ms):.1f} ms, p95 {p95(ours.times_ms):.1f} ms.", end=" ")
    print(f"Indexed in {ours.indexed_s:.1f} s.\n")


def _recall(texts: Sequence[str], tasks: Sequence[Task], most: int) -> float:
    """Give the share of all tasks' names that stand in the first so many characters of the texts."""
    found = (len(task.names.intersection(_WORD.findall(text[:most]))) for text, task in zip(texts, tasks, strict=True))
    return sum(found) / sum(len(task.names) for task in tasks)


class Ours:
    """The gatherer over the index of a project, with the tabs as open documents; what was left out is not indexed.

    `times_ms` has the milliseconds of each question. Every task is at another place, so little is known from before.
    """

    def __init__(self, project: Project, folder: Path) -> None:
        self.times_ms: list[float] = []
        self._root = folder / "project"
        for path, text in project.files.items():
            place = self._root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
        started = time.perf_counter()
        self._store = Store(folder / "index.db")
        self._indexer = Indexer(self._root, self._store)
        for _ in self._indexer.walk():
            pass
        self.indexed_s = time.perf_counter() - started
        self._reader = Reader(self._root, folder / "index.db")

    def gather(self, task: Task, most: int) -> str:
        """Gather for a task."""
        document = Document.of(self._uri(task.path), "python", 1, task.prefix + task.suffix)
        imports = parse(document).imports()  # kept between keys
        self._indexer.change(document.uri, "python", document.text)
        self._indexer.commit()
        offset = len(task.prefix)
        window = Span(max(0, offset - 2_800), offset + 1_200)
        tabs = [*map(self._uri, task.tabs)]
        snippets: list[Snippet] = []
        started = time.thread_time()
        question = self._reader.snippets(
            lambda project, late: gather_snippets(
                document, offset, window, imports, Surroundings(project, Recent(time.monotonic), tabs), most, late
            )
        )
        self._reader.ask(question, snippets, math.inf)
        self.times_ms.append((time.thread_time() - started) * 1000)
        self._indexer.change(document.uri, "", None)
        self._indexer.commit()
        text = "".join(snippet.text for snippet in snippets)
        assert len(text) <= most
        return text

    def close(self) -> None:
        """Let go of the index."""
        self._reader.close()
        self._store.close()

    def _uri(self, path: str) -> str:
        return (self._root / path).as_uri()


class Windows:
    """BM25 over windows of 20 lines that overlap by half, of all files: the first step of a published method."""

    SIZE, STEP, K1, B = 20, 10, 1.2, 0.75

    def __init__(self, project: Project) -> None:
        self._windows: list[tuple[str, str]] = []
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        lengths = []
        for path, text in project.files.items():
            lines = text.splitlines(keepends=True)
            for first in range(0, max(1, len(lines) - self.SIZE + self.STEP), self.STEP):
                window = "".join(lines[first : first + self.SIZE])
                counts = Counter(_WORD.findall(window))
                for word, count in counts.items():
                    self._postings[word].append((len(self._windows), count))
                self._windows.append((path, window))
                lengths.append(counts.total())
        mean = sum(lengths) / len(lengths)
        self._norms = [self.K1 * (1 - self.B + self.B * length / mean) for length in lengths]

    def search(self, task: Task, query: str) -> str:
        """Give the windows of other files, the best first, more than any budget takes."""
        scores: dict[int, float] = defaultdict(float)
        for word in set(_WORD.findall(query)):
            postings = self._postings.get(word, ())
            idf = math.log(1 + (len(self._windows) - len(postings) + 0.5) / (len(postings) + 0.5))
            for window, count in postings:
                scores[window] += idf * count * (self.K1 + 1) / (count + self._norms[window])
        texts, size = [], 0
        for window in sorted(scores, key=lambda window: -scores[window]):
            path, text = self._windows[window]
            if path != task.path:
                texts.append(text)
                size += len(text)
            if size > BUDGETS[-1]:
                break
        return "".join(texts)


def _query(task: Task) -> str:
    return "\n".join(task.prefix.splitlines()[-Windows.SIZE :])


# The words that a published method leaves out of its comparison.
_STOP_WORDS = frozenset((*keyword.kwlist, "self"))


def _open_tabs(project: Project, task: Task, size: int = 60) -> str:
    """Give the window of each open file that is most like the lines before the cursor, the best first."""
    reference = set(_WORD.findall("\n".join(task.prefix.splitlines()[-size:]))) - _STOP_WORDS
    best = [_most_alike(project.files[path].splitlines(keepends=True), reference, size) for path in task.tabs]
    return "".join(text for _, text in sorted(best, key=lambda each: -each[0]))


def _most_alike(lines: Sequence[str], reference: set[str], size: int) -> tuple[float, str]:
    words = [set(_WORD.findall(line)) - _STOP_WORDS for line in lines]
    counts = Counter(word for line in words[: size - 1] for word in line)
    best, best_first = -1.0, 0
    for first in range(max(1, len(lines) - size + 1)):
        counts.update(words[first + size - 1] if first + size - 1 < len(lines) else ())
        if first:
            _take_out(counts, words[first - 1])
        alike = len(reference & counts.keys()) / max(len(reference | counts.keys()), 1)
        if alike > best:
            best, best_first = alike, first
    return best, "".join(lines[best_first : best_first + size])


def _take_out(counts: Counter[str], words: set[str]) -> None:
    for word in words:
        counts[word] -= 1
        if not counts[word]:
            del counts[word]
