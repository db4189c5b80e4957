"""Diagnostics: from what an editor publishes to what a model reads."""

from __future__ import annotations

from typing import Any

import pytest

from context.diagnostics import Diagnostic, Related, diagnostics_of, diagnostics_text
from context.text import Document

DOCUMENT = Document.of("file:///p/a.py", "python", 1, "import os\nx: int = ''\ny = (\n1,\n2,\n3,\n4)\n")


def published(first: int = 0, last: int = 0, **fields: Any) -> dict[str, Any]:
    place = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 1}}
    return {"range": place, "message": "It is wrong", **fields}


def shown(*values: Any, visible: bool = True) -> list[str]:
    return diagnostics_text(diagnostics_of(list(values)), DOCUMENT, lambda uri: uri[-4:], lambda _: visible)


def test_a_diagnostic_is_shown_with_its_line() -> None:
    """Lines count from 1, as people count, and the tool and its code are named."""
    assert shown(published(1, 1, severity=1, source="mypy", code="assignment")) == [
        "line 2: error: It is wrong [mypy assignment]\n  2 | x: int = ''"
    ]


def test_the_worst_come_first_and_each_once() -> None:
    """Then in the order of the text; two clients' servers may report the same."""
    values = [published(3, severity=4), published(2, severity=1), published(1, severity=1), published(1, severity=1)]
    assert [text.split(":")[:2] for text in shown(*values)] == [
        ["line 2", " error"],
        ["line 3", " error"],
        ["line 4", " hint"],
    ]


def test_a_long_stretch_is_shown_by_its_beginning() -> None:
    """A function as a whole can be wrong; the model need not read it twice."""
    assert shown(published(2, 6))[0].count("\n") == 4


def test_related_places_are_named_when_their_file_may_be_seen() -> None:
    """A message can quote what another file says."""
    place = {"uri": "file:///p/b.py", "range": {"start": {"line": 4, "character": 0}}}
    value = published(relatedInformation=[{"location": place, "message": "first\ndefined here"}, {"other": 1}])
    assert shown(value)[0].endswith("\n  see b.py:5: first defined here")
    assert "b.py" not in shown(value, visible=False)[0]


def test_a_diagnostic_without_its_document_is_its_message() -> None:
    """The file may have been closed or changed since."""
    assert diagnostics_text([Diagnostic(80, 80, "Gone")], None, str, bool) == ["line 81: error: Gone"]
    assert diagnostics_text([Diagnostic(80, 80, "Gone")], DOCUMENT, str, bool) == ["line 81: error: Gone"]


def test_what_servers_send_besides_is_passed_by() -> None:
    """A code may be a number, a severity missing or unknown, and a range may end before it begins."""
    (found,) = diagnostics_of([published(3, 1, severity=9, code=42, source=None, relatedInformation="?", tags=[1])])
    assert found == Diagnostic(3, 3, "It is wrong", 1, "", "42")
    (found,) = diagnostics_of([published(relatedInformation=[{"location": {"uri": "u", "range": {}}, "message": ""}])])
    assert found.related == ()
    assert Related("u", 1, "").line == 1


@pytest.mark.parametrize("value", [None, {}, [1], [{"message": "no range"}], [published(-1)], [{"range": {}}]])
def test_what_is_no_diagnostic_is_refused(value: Any) -> None:
    """Another shape is a mistake of the client, and nothing is guessed."""
    with pytest.raises(ValueError, match="diagnostic"):
        diagnostics_of(value)
