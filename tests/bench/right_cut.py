"""Right cut: recorded answers of real models, streamed; is what would be shown what really stood there?

1,584 answers of six models to 66 tasks in four languages (granite-completebench, Apache-2.0, with the tasks of
CrossCodeEval). A task is a file with a hole; its truth goes to the end of a statement, or of a block's header.

How it is scored: shown and truth must be equal, blanks and line ends at both ends aside ("right"). "As inserted" is
stricter: only those at the end are forgiven, which the product takes off; those at the beginning count, so that a
wrong indentation is wrong. The ceiling is what any cut could get right: the truth is a beginning of the answer.

Beside ours, in the same run: the answers as they came; their first line; cut where the text below the cursor
begins again; and the three methods that were published with the data, as their authors recorded them.

Answers are streamed in chunks of about a token. The deciding byte is found by asking again for each shorter answer:
the first with which the cut is known. The stream has to be closed in the event that brings it. Nothing is said to
the server but the stops that `Shape.wire_stop` allows; each answer is looked at as if the model had gone on.

The tasks were in view while the rules were made, so two other figures stand beside these: the two halves of the
tasks on their own (by the last digit of their numbers), to see how even it is, and a set that was not in view: the
single lines left out of 164 Python functions (human-eval-infilling, MIT), each with a model that writes the right
line and then runs on with what really follows, or with another function.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from context.languages import language_id_of
from context.text import Document
from lsp_server.completion.excerpt import Excerpt
from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import Cut, Dropped, Shape, cut, finish, wants_multi_line
from tests.bench.figures import p50, p95, show

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "bench_data"
DATA = FOLDER / "granite_completebench"
SINGLE_LINES = FOLDER / "humaneval_infilling" / "HumanEval-SingleLineInfilling.jsonl.gz"
MAX_LINES = 12

_OTHER = "\n\ndef other(value):\n    result = value + 1\n    return result\n"
_TOKEN = re.compile(r"\s+|\w{1,5}|[^\w\s]{1,2}")


@dataclass(frozen=True, slots=True)
class Task:
    """A file with a hole, and what stood there."""

    name: str
    path: str
    language: str
    prefix: str
    suffix: str
    truth: str

    @property
    def half(self) -> int:
        """The half of the tasks that this one belongs to: 0 or 1."""
        return int(self.name[-1]) % 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote for a task, and what each published method made of it."""

    task: Task
    model: str
    text: str
    published: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """What ours made of an answer; events and characters from the deciding byte to the end of the stream."""

    text: str
    late_events: int
    spared: int
    milliseconds: tuple[float, ...]


def run() -> None:
    """Measure and print; skipped, which is said, without the data."""
    if not DATA.is_dir():
        print(f"Right cut: skipped, since the recorded answers are not at {DATA}.")
        return
    answers = [*_answers()]
    ours = {id(answer): _stream(answer) for answer in answers}
    methods: dict[str, Callable[[Answer], str]] = {
        "raw": lambda answer: answer.text,
        "first line": lambda answer: answer.text.lstrip("\r\n").partition("\n")[0],
        "at what follows": _before_what_follows,
        "published: suffix": lambda answer: answer.published["truncate_suffix"],
        "published: close": lambda answer: answer.published["truncate_suffix_close"],
        "published: expr.": lambda answer: answer.published["truncate_expression"],
        "ours": lambda answer: ours[id(answer)].text,
    }
    _compare(answers, methods)
    _by(answers, methods, "model", lambda answer: answer.model)
    _by(answers, methods, "language", lambda answer: answer.task.language)
    _stream_figures([*ours.values()])
    _print_lost(answers, ours)
    _long_file(answers)
    if SINGLE_LINES.exists():
        _single_lines()


def _compare(answers: Sequence[Answer], methods: Mapping[str, Callable[[Answer], str]]) -> None:
    parts = {
        "all": answers,
        "one half": [answer for answer in answers if not answer.task.half],
        "other half": [answer for answer in answers if answer.task.half],
    }
    ceilings = {name: sum(_possible(answer) for answer in part) for name, part in parts.items()}
    rows = []
    for method, text in methods.items():
        row = [method]
        for name, part in parts.items():
            right = sum(_right(text(answer), answer) for answer in part)
            row.append(f"{right} ({right / max(ceilings[name], 1):.1%})")
        row.append(str(sum(text(answer).rstrip() == answer.task.truth.rstrip() for answer in answers)))
        rows.append(row)
    inserted = sum(answer.text.startswith(answer.task.truth.rstrip()) for answer in answers)
    rows.append(["ceiling", *(f"{each}" for each in ceilings.values()), str(inserted)])
    title = f"Right cut: {len(answers)} answers, right (share of the ceiling)"
    show(title, ("", *parts, "as inserted"), rows)


def _by(
    answers: Sequence[Answer],
    methods: Mapping[str, Callable[[Answer], str]],
    title: str,
    key: Callable[[Answer], str],
) -> None:
    names = ("raw", "first line", "published: expr.", "ours")
    rows = []
    for value in sorted({key(answer) for answer in answers}):
        part = [answer for answer in answers if key(answer) == value]
        counts = [sum(_right(methods[name](answer), answer) for answer in part) for name in names]
        rows.append([value, *map(str, counts), str(sum(map(_possible, part))), str(len(part))])
    show(f"By {title}", ("", *names, "ceiling", "answers"), rows)


def _stream_figures(results: Sequence[Shown]) -> None:
    late = Counter(result.late_events for result in results if result.spared)
    events = [each for result in results for each in result.milliseconds]
    closed = sum(result.spared > 0 for result in results)
    print(f"Events after the deciding one, of streams closed early: {dict(sorted(late.items()))}.")
    print(f"{closed} streams were closed early, which spared {sum(result.spared for result in results):,} characters.")
    print(f"Time of an event (processor): p50 {p50(events):.3f} ms, p95 {p95(events):.3f} ms,", end=" ")
    print(f"p99.9 {sorted(events)[int(len(events) * 0.999)]:.1f} ms, of {len(events):,} events.\n")


def _print_lost(answers: Sequence[Answer], ours: Mapping[int, Shown]) -> None:
    lost = [answer for answer in answers if _possible(answer) and not _right(ours[id(answer)].text, answer)]
    print(f"Lost: {len(lost)}.")
    for name, count in Counter(answer.task.name for answer in lost).most_common():
        example = next(answer for answer in lost if answer.task.name == name)
        print(f"  {name}, {count} times: {ours[id(example)].text!r} for {example.task.truth!r}")


def _long_file(answers: Sequence[Answer]) -> None:
    """Time the events of some answers in the middle of a class of 10,000 lines."""
    lines = "".join(f'        int value{number} = compute("(", {number}); // {{\n' for number in range(5_000))
    prefix = "class Long {\n    void f() {\n" + lines + "        int last = "
    task = Task("long/0", "Long.java", "java", prefix, "\n" + lines + "    }\n}\n", "")
    java = [answer for answer in answers if answer.task.language == "java"][::4]
    times: list[float] = []
    for _ in java:
        document = Document.of("file:///Long.java", "java", 1, task.prefix + task.suffix)
        started = time.thread_time()
        Excerpt.around(document, len(task.prefix))
        times.append((time.thread_time() - started) * 1000)
    events = [each for answer in java for each in _stream(replace(answer, task=task)).milliseconds]
    print(f"In a file of 10,000 lines: around the cursor p50 {p50(times):.2f} ms, p95 {p95(times):.2f} ms;", end=" ")
    print(f"an event p50 {p50(events):.3f} ms, p95 {p95(events):.3f} ms, max {max(events):.1f} ms.\n")


def _single_lines() -> None:
    """Give each hole of one line the right line, run on in two ways, and count how often just that is shown."""
    rows = []
    for name, run_on in (("runs on with what follows", ""), ("runs on with another function", _OTHER)):
        answers = [
            Answer(task, "", task.truth + (run_on or task.suffix) * 2, {})
            for row in _rows(SINGLE_LINES)
            if (task := _single_line(row)).truth.strip()
        ]
        right = sum(_right(_stream(answer).text, answer) for answer in answers)
        first = sum(_right(answer.text.lstrip().partition("\n")[0], answer) for answer in answers)
        rows.append([name, str(first), f"{right} ({right / len(answers):.1%})", str(len(answers))])
    show("Single lines, not in view while the rules were made", ("a model that", "first line", "ours", "of"), rows)


def _single_line(row: Mapping[str, str]) -> Task:
    """Give a hole of one line; its indentation stands there, as an editor puts it."""
    truth = row["canonical_solution"].rstrip("\n")
    line = truth.lstrip(" ")
    indent = truth[: len(truth) - len(line)]
    return Task(row["task_id"] + "/0", "solution.py", "python", row["prompt"] + indent, "\n" + row["suffix"], line)


def _right(text: str, answer: Answer) -> bool:
    return text.strip() == answer.task.truth.strip()


def _possible(answer: Answer) -> bool:
    return answer.text.strip().startswith(answer.task.truth.strip())


def _before_what_follows(answer: Answer) -> str:
    follows = next((line.strip() for line in answer.task.suffix.split("\n") if line.strip()), "")
    at = answer.text.find(follows) if follows else -1
    return answer.text if at < 0 else answer.text[:at]


def _stream(answer: Answer) -> Shown:
    task = answer.task
    document = Document.of(f"file:///{task.path}", language_id_of(task.path), 1, task.prefix + task.suffix)
    place = Place.at(document, len(task.prefix))
    excerpt = Excerpt.around(document, place.offset)
    shape = Shape(wants_multi_line(place), MAX_LINES, excerpt=excerpt)
    chunks = _TOKEN.findall(answer.text)
    assert "".join(chunks) == answer.text
    seen, said, events, times = "", Cut("", False), 0, []
    for chunk in chunks:
        seen, events = seen + chunk, events + 1
        started = time.thread_time()
        said = cut(seen, place, shape)
        times.append((time.thread_time() - started) * 1000)
        if said.complete or any(stop in seen for stop in shape.wire_stop):
            break
    late = 0
    if said.complete:
        decided = len(seen)
        while decided and cut(seen[: decided - 1], place, shape) == said:
            decided -= 1
        late = next(number for number in range(events) if sum(map(len, chunks[: events - number - 1])) < decided)
    try:
        text = finish(said.text, place, shape)
    except Dropped:
        text = ""
    return Shown(text, late, len(answer.text) - len(seen), tuple(times))


def _answers() -> Iterator[Answer]:
    tasks = {
        row["task_id"]: Task(
            row["task_id"], row["file"], row["language"], row["prefix"], row["suffix"], row["groundtruth"]
        )
        for row in _rows(DATA / "replay_tasks.jsonl.gz")
    }
    for row in _rows(DATA / "replay_outputs.jsonl.gz"):
        published = {name: result[0] for name, result in row["published"].items()}
        yield Answer(tasks[row["task_id"]], row["model"], row["output"], published)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
