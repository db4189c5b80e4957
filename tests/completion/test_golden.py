"""Another project's cases: the document after a suggestion is taken, as they expect it or for a reason as we do.

Their suggestions may replace what stands right of the cursor. Ours are put in at the cursor and replace nothing: that
is the one shape which all editors show and take alike. So where only a replacement gives their document, ours shows
what fits before the text that is there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from context.text import Document
from lsp_server.completion.place import Place
from tests.completion.shown import shape_at, stream

CASES = sorted((Path(__file__).parent / "data" / "golden").glob("*.toml"))

# What we show where we differ, and why.
DIFFERENT: Mapping[str, tuple[str, str]] = {
    "basic_fibonacci_test__rust": ("n: u32", "`)` stays, and a line within a line is never followed by others"),
    "basic_fibonacci_test__typescript": (" number", "`)` stays, and a line within a line is never followed by others"),
    "limit_scope__rust_01": ("usize,", "the field is complete; they do not reach what they expect either"),
    "replace_range__basic": ("", "`)` stays, and nothing fits before it"),
    "replace_range__jsx_tags_01": ("message={message}", "`/>` stays; it only lacks the blank before it"),
    "replace_range__multiple_01": ("", "`})` stays right of the cursor, where lines cannot be put in"),
    "replace_range__multiple_02": ("value, max", "`))` stays, and closes both calls"),
    "replace_range__typescript_01": ("", '`")` stays, and nothing fits before it'),
}


class Case(NamedTuple):
    """The texts before and after a cursor, an answer, and the document they expect."""

    language_id: str
    prefix: str
    suffix: str
    model: str
    document: str


def read(path: Path) -> Case:
    """Read a case, with the marks taken out."""
    raw = tomllib.loads(path.read_text("utf-8"))
    text: str = raw["context"]["text"]
    prefix, rest = text.split("├")
    model, suffix = rest.split("┤")
    before, after = (text if raw["expected"].get("unchanged") else raw["expected"]["text"]).split("├")
    kept, beyond = after.split("┤")
    replaced, mark, remaining = beyond.partition("╣")
    return Case(raw["context"]["language"], prefix, suffix, model, before + kept + (remaining if mark else replaced))


def test_every_difference_is_about_a_case() -> None:
    """An argument without its case would wait for the next one of that name."""
    assert len(CASES) == 17
    assert set(DIFFERENT) <= {path.stem for path in CASES}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_document_is_what_they_expect_or_we_argue_for(path: Path) -> None:
    """Of seventeen cases nine are equal, two of which they do not reach; eight differ, each for a reason."""
    case = read(path)
    document = Document.of("file:///project/a", case.language_id, 1, case.prefix + case.suffix)
    offset = len(case.prefix)
    text = stream([*case.model], Place.at(document, offset), shape_at(document, offset)).text
    if path.stem in DIFFERENT:
        assert text == DIFFERENT[path.stem][0]
        assert case.prefix + text + case.suffix != case.document
    else:
        assert case.prefix + text + case.suffix == case.document
