"""Diagnostics as an editor publishes them (LSP 3.17, "Diagnostic"), and how they are shown with the lines they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from context.text import Document

_SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}

# Of a diagnostic over many lines, what is shown: enough to see where it begins.
_MOST_LINES = 4

# A compiler's message may be a page long.
_MESSAGE_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a diagnostic speaks of, with what it says about it. `line` counts from zero."""

    uri: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A problem on the lines `first_line` to `last_line`, from zero and both included. `severity` 1 is an error."""

    first_line: int
    last_line: int
    message: str
    severity: int = 1
    source: str = ""
    code: str = ""
    related: tuple[Related, ...] = ()


def diagnostics_of(value: Any) -> list[Diagnostic]:
    """Read diagnostics from JSON of LSP's shape; other fields are passed by. Raises ValueError for another shape."""
    if not isinstance(value, list):
        raise ValueError("diagnostics are a list")
    return [_diagnostic(each) for each in value]


def diagnostics_text(
    found: Sequence[Diagnostic],
    document: Document | None,
    name_of: Callable[[str], str],
    visible: Callable[[str], bool],
) -> list[str]:
    """Show diagnostics one text each, the worst first, with the lines of the document that they mean.

    `name_of` gives the name of a file by its URI; other places are shown in files that are `visible`.
    """
    ordered = sorted(dict.fromkeys(found), key=lambda each: (each.severity, each.first_line))
    return ["\n".join((*_shown(each, document), *_places(each, name_of, visible))) for each in ordered]


def _shown(each: Diagnostic, document: Document | None) -> Iterable[str]:
    origin = " ".join(filter(None, (each.source, each.code)))
    severity = _SEVERITIES.get(each.severity, "problem")
    yield f"line {each.first_line + 1}: {severity}: {_short(each.message)}{f' [{origin}]' if origin else ''}"
    last = min(each.last_line, each.first_line + _MOST_LINES - 1)
    for line in range(each.first_line, last + 1):
        if document is not None and line < len(document.lines):
            yield f"  {line + 1} | {document.content(line)}"


def _places(each: Diagnostic, name_of: Callable[[str], str], visible: Callable[[str], bool]) -> Iterable[str]:
    for place in each.related:
        if visible(place.uri):
            yield f"  see {name_of(place.uri)}:{place.line + 1}: {_short(place.message)}"


def _short(message: str) -> str:
    return " ".join(message.split())[:_MESSAGE_CHARACTERS]


def _diagnostic(value: Any) -> Diagnostic:
    match value:
        case {
            "range": {"start": {"line": int(first)}, "end": {"line": int(last)}},
            "message": str(message),
        } if first >= 0:
            severity, source = value.get("severity"), value.get("source")
            code, related = value.get("code"), value.get("relatedInformation")
            return Diagnostic(
                first,
                max(first, last),
                message,
                severity if severity in _SEVERITIES else 1,
                source if isinstance(source, str) else "",
                str(code) if isinstance(code, str | int) else "",
                tuple(_related(related) if isinstance(related, list) else ()),
            )
    raise ValueError("a diagnostic has a range and a message")


def _related(values: Iterable[Any]) -> Iterable[Related]:
    for value in values:
        match value:
            case {
                "location": {"uri": str(uri), "range": {"start": {"line": int(line)}}},
                "message": str(message),
            }:
                yield Related(uri, line, message)
            case _:
                pass  # a place that is not told is none
