"""Lines that copies of the project's lines complete exactly, without a model, and how far their confidence holds.

The lines are those of `tests.bench.exact_match`, and more of the same kind, of the projects the ranking was tuned on
and of two others. Truth is the rest of the line. The time is the processor's, with the index warm and the search for
similar windows, which may be asked for anyway, left out; it is taken in the largest project (over 2,000 files), too.

    python -m tests.bench.copies [--lines EACH]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from context.gather import imports_of
from context.retrieve import Query, Retrieval
from context.text import Document
from tests.bench.exact_match import HELD_OUT, PROJECTS, sample
from tests.bench.figures import p50, p95, show
from tests.bench.recall_tasks import Project, fetch
from tests.indexed import project_of

LINES_EACH = 200
CONFIDENCES = (0.8, 0.6, 0.4, 0.2, 0.0)


@dataclass(frozen=True, slots=True)
class Try:
    """What came of one line: the confidence of the first copy (-1 for none), whether it was right, whether any was,
    and the milliseconds of processor time."""

    confidence: float
    exact: bool
    any_exact: bool
    milliseconds: float


def run(lines_each: int = LINES_EACH) -> None:
    """Measure and print."""
    rows = []
    for kind, requirements in (("tuned on", PROJECTS), ("held out", HELD_OUT)):
        tries: list[Try] = []
        for requirement in requirements:
            project = fetch(requirement)
            if project is None:
                continue
            own = list(_tries(project, lines_each))
            rows.append(_row(f"{project.name}, {len(project.files):,} files", own))
            tries += own
        if tries:
            rows.append(_row(kind, tries))
            _show_confidences(kind, tries)
    show("Lines as copies of the project's lines", ("", "first right", "any right", "ms p50", "ms p95"), rows)


def _tries(project: Project, count: int) -> Iterator[Try]:
    with (
        tempfile.TemporaryDirectory(prefix="antiphon-bench-") as name,
        project_of(Path(name), project.files) as indexed,
    ):
        for line in sample(project, count):
            uri = (indexed.root / line.path).as_uri()
            document, offset = Document.of(uri, "python", 1, line.before + line.after), len(line.before)
            retrieval = Retrieval(Query.at(document, offset), indexed, imports_of(document), ())
            assert retrieval.imported is not None  # what files are worth is known by then
            began_s = time.process_time()
            found = retrieval.copies
            took_s = time.process_time() - began_s
            right = [copy.text.strip() == line.truth.strip() for copy in found]
            yield Try(found[0].confidence if found else -1.0, right[:1] == [True], any(right), took_s * 1000)


def _row(what: str, tries: Sequence[Try]) -> tuple[str, ...]:
    times = [each.milliseconds for each in tries]
    shares = (sum(each.exact for each in tries), sum(each.any_exact for each in tries))
    of = len(tries)
    return (
        f"{what}: {of} lines",
        *(f"{share} ({share / of:.1%})" for share in shares),
        f"{p50(times):.1f}",
        f"{p95(times):.1f}",
    )


def _show_confidences(kind: str, tries: Sequence[Try]) -> None:
    rows = []
    for least in CONFIDENCES:
        sure = [each for each in tries if each.confidence >= least]
        right = sum(each.exact for each in sure)
        rows.append((f"{least:.1f}", f"{len(sure)}", f"{right}", f"{right / len(sure):.0%}" if sure else "–"))
    show(f"Confidence of the first copy, projects {kind}", ("at least", "lines", "right", "precision"), rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES_EACH)
    run(parser.parse_args().lines)
