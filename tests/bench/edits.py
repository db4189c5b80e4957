"""Edits that real models wrote, and the same with typical faults: how many are applied rightly, wrongly, not at all.

Beside it, on the same edits: exact matching alone, and the usual matching by similarity (0.8).
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path

from context.text import Document
from lsp_server.chat.edits import Replacement, locate
from lsp_server.errors import EditRefused
from tests.bench.edit_faults import Edit, damaged, is_right
from tests.bench.figures import p50, p95, show

RECORDED = Path(__file__).parents[3] / "shared" / "bench_data" / "aider_edits" / "blocks.jsonl.gz"

_LARGE_CHARACTERS = 400_000

# Similarity is so slow that it gets every so-manieth edit.
_SAMPLED = 25


def run() -> None:
    """Measure; without the recorded edits nothing can be."""
    if not RECORDED.exists():
        print(f"SKIPPED: the recorded edits are not at {RECORDED}", file=sys.stderr)
        return
    with gzip.open(RECORDED, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    edits = [Edit.exact(r["excerpt"], r["search"], r["replace"]) for r in rows if _is_clean(r)]
    cases = list(damaged(edits))
    appliers: dict[str, Callable[[Edit], str | None]] = {"ours": ours, "exact": exact, "similarity 0.8": similar}
    total = len(cases)
    sample = {name: cases[::_SAMPLED] if name == "similarity 0.8" else cases for name in appliers}
    found = {name: [_judged(apply(edit), edit) for _, edit in sample[name]] for name, apply in appliers.items()}
    show(
        f"{total:,} edits with a known right answer, made of {len(edits)} real ones",
        ("", "right", "refused", "wrong"),
        [
            (name, *(f"{Counter(results)[kind] / len(results):.2%}" for kind in _KINDS))
            for name, results in found.items()
        ],
    )
    faults = dict.fromkeys(name for name, _ in cases)
    table = []
    for fault in faults:
        mine = Counter(result for (name, _), result in zip(cases, found["ours"], strict=True) if name == fault)
        table.append((fault, str(mine.total()), *(str(mine[kind]) for kind in _KINDS)))
    show("Ours by fault", ("", "edits", "right", "refused", "wrong"), table)
    kinds = Counter((row["kind"], _outcome(row)) for row in rows)
    show(
        "All recorded edits, as they fit",
        ("", "applied", "refused"),
        [
            (kind, str(kinds[kind, "applied"]), str(kinds[kind, "refused"]))
            for kind in dict.fromkeys(r["kind"] for r in rows)
        ],
    )
    times = [_milliseconds(edit) for edit in edits[:200]]
    print(f"A block in a file of {_LARGE_CHARACTERS:,} characters: p50 {p50(times):.1f} ms, p95 {p95(times):.1f} ms.\n")


_KINDS = ("right", "refused", "wrong")


def _judged(result: str | None, edit: Edit) -> str:
    """Give "right", "refused" (though there was a right result) or "wrong"."""
    return "right" if is_right(result, edit) else "refused" if result is None else "wrong"


def ours(edit: Edit) -> str | None:
    """Apply an edit as the product does."""
    document = Document.of("file:///a.py", "python", 1, edit.text)
    try:
        found = locate(document, Replacement(edit.search, edit.replace))
    except EditRefused:
        return None
    text = edit.text
    for change in reversed(found.edits):
        text = text[: change.span.start] + change.new_text + text[change.span.end :]
    return text


def exact(edit: Edit) -> str | None:
    """Apply an edit whose text stands in the file exactly once."""
    return edit.text.replace(edit.search, edit.replace) if edit.text.count(edit.search) == 1 else None


def similar(edit: Edit) -> str | None:
    """Apply an edit to the lines that are most like those searched."""
    if edit.text.count(edit.search) >= 1:
        return edit.text.replace(edit.search, edit.replace, 1)
    lines, search = edit.text.split("\n"), edit.search.split("\n")
    best, at = 0.0, 0
    for first in range(max(1, len(lines) - len(search) + 1)):
        matcher = SequenceMatcher(None, "\n".join(lines[first : first + len(search)]), edit.search, autojunk=False)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, at = ratio, first
    if best < 0.8:
        return None
    return "\n".join([*lines[:at], *edit.replace.split("\n"), *lines[at + len(search) :]])


def _is_clean(row: dict[str, str]) -> bool:
    whole = f"\n{row['excerpt']}\n".count(f"\n{row['search']}\n") == 1
    return (
        row["kind"] == "exact unique"
        and row["excerpt"].count(row["search"]) == 1
        and row["search"] != row["replace"]
        and whole
    )


def _outcome(row: dict[str, str]) -> str:
    return "refused" if ours(Edit(row["excerpt"], row["search"], row["replace"], "")) is None else "applied"


def _milliseconds(edit: Edit) -> float:
    filler = "".join(f"value_{at} = compute({at})\n" for at in range(_LARGE_CHARACTERS // 30))
    document = Document.of("file:///a.py", "python", 1, edit.text + "\n" + filler)
    started = time.thread_time()
    locate(document, Replacement(edit.search, edit.replace))
    return (time.thread_time() - started) * 1000
