"""An argument that came to a definition, or to one call of it, or went from there, does so at the other calls.

Calls and parameter lists are read where they stand on one line. A parameter with a default asks nothing of a call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from context.edit_pairs import LinePair, tokens
from context.occurrences import occurrence_at, occurrences
from lsp_server.completion.next_proposal import Edited, Place

_DEFINITION, _CALL = 0.75, 0.55
_LIST = re.compile(r"(?<![\w$])([^\W\d]\w*)\(")
_RECEIVER = re.compile(r"(?:self|cls|&(?:mut )?self|mut self)\b")
_PARAMETER = re.compile(r"([^\W\d]\w*)(?:\s*:[^=]*)?\Z")
_SPREAD = re.compile(r"\*|\.\.\.|\w+\s*=(?!=)")
_WORD = re.compile(r"\w+")
_QUOTES = "\"'`"
_OPENERS, _CLOSERS = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class _Call:
    """The name before a list in brackets, what is in the list, and the columns at which name and list begin."""

    name: str
    column: int
    start: int
    items: tuple[str, ...]

    @property
    def text(self) -> str:
        return ",".join(self.items)


@dataclass(frozen=True, slots=True)
class _Change:
    """An item that came (`came`) to place `at` of a list or went from there, and what the list holds without it."""

    at: int
    item: str
    came: bool
    rest: tuple[str, ...]


def argument_edits(edited: Edited) -> Iterator[Place]:
    """Give the calls that lack an argument, or have one too many, by what the last edits changed."""
    for pair in edited.leading():
        for was, now in _changed_lists(pair):
            change = _change(was.items, now.items)
            found = occurrence_at(edited.syntax, pair.line, now.column, now.name)
            if change is not None and found is not None:
                yield from _calls(edited, now, change, found.defines, found.member)


def _calls(edited: Edited, now: _Call, change: _Change, defines: bool, member: bool) -> Iterator[Place]:
    syntax = edited.syntax
    received = defines and bool(now.items) and bool(_RECEIVER.match(now.items[0].strip()))
    wanted = _asked_of_calls(change, received) if defines else change
    if wanted is None:
        return
    confidence = _DEFINITION if defines else _CALL
    for each in occurrences(syntax, now.name, edited.onward(0, len(syntax.document.lines))):
        line = syntax.document.content(each.line)
        call = _list_at(line, each.column, now.name)
        if each.defines or call is None or (each.member != (received if defines else member)):
            continue
        new = _applied(call, wanted, exact=not defines)
        if new is not None:
            verb = "Add" if change.came else "Remove"
            label = f"{verb} {wanted.item.strip()} in the call of {now.name}"
            yield Place(each.line, call.start, call.text, new, "argument", label, confidence)


def _asked_of_calls(change: _Change, received: bool) -> _Change | None:
    """Give what a changed parameter asks of the calls, by its name; None when it asks nothing."""
    name = _PARAMETER.match(change.item.strip())
    at = change.at - received
    if name is None or at < 0 or any(_SPREAD.search(item) for item in change.rest):
        return None
    return _Change(at, name[1], change.came, change.rest[received:])


def _applied(call: _Call, change: _Change, exact: bool) -> str | None:
    """Give the list of a call after a change; None when it is of another shape."""
    items = call.items
    if any(_SPREAD.match(item.strip()) for item in items) or len(items) != len(change.rest) + (not change.came):
        return None
    rest = items if change.came else items[: change.at] + items[change.at + 1 :]
    if exact and ([_shape(item) for item in rest] != [_shape(item) for item in change.rest]):
        return None
    if not change.came:
        if exact and items[change.at].strip() != change.item.strip():
            return None
        return _joined(rest)
    item = change.item.strip()
    return _joined((*rest[: change.at], f" {item}" if change.at else item, *rest[change.at :]))


def _joined(items: tuple[str, ...]) -> str:
    """Join items, each but the first with a blank before it when another has one."""
    if not items:
        return ""
    return ", ".join((items[0].lstrip(), *(item.strip() for item in items[1:])))


def _shape(item: str) -> tuple[str, ...]:
    """Give the form of an argument: its words are alike, its numbers too, and its marks are themselves."""
    return tuple("w" if _WORD.match(token) else token for token in tokens(item.strip()))


def _changed_lists(pair: LinePair) -> list[tuple[_Call, _Call]]:
    """Give the innermost lists of a line that changed, when nothing else in it did."""
    was, now = ([_list_at(text, found.start(), found[1]) for found in _LIST.finditer(text)] for text in _both(pair))
    if len(was) != len(now):
        return []
    return [
        (one, other)
        for one, other in zip(was, now, strict=True)
        if one and other and one.name == other.name and one.items != other.items
        and pair.old[: one.start] == pair.new[: other.start]
        and pair.old[one.start + len(one.text) :] == pair.new[other.start + len(other.text) :]
    ]  # fmt: skip


def _both(pair: LinePair) -> tuple[str, str]:
    return pair.old, pair.new


def _change(was: tuple[str, ...], now: tuple[str, ...]) -> _Change | None:
    """Find the one item that came or went; None when the lists differ in any other way."""
    longer, shorter = (now, was) if len(now) > len(was) else (was, now)
    plain = [item.strip() for item in shorter]
    for at in range(len(longer) if len(longer) == len(shorter) + 1 else 0):
        rest = longer[:at] + longer[at + 1 :]
        if [item.strip() for item in rest] == plain:
            return _Change(at, longer[at], longer is now, shorter) if longer[at].strip() else None
    return None


def _list_at(line: str, column: int, name: str) -> _Call | None:
    """Read the list behind a name; None when there is none, or it does not end on its line."""
    start = column + len(name) + 1
    if line[start - 1 : start] != "(":
        return None
    items, depth, begin, quote = [], 0, start, ""
    for at in range(start, len(line)):
        mark = line[at]
        if quote:
            quote = "" if mark == quote and line[at - 1] != "\\" else quote
        elif mark in _QUOTES:
            quote = mark
        elif mark in _OPENERS:
            depth += 1
        elif mark in _CLOSERS and depth:
            depth -= 1
        elif mark in _CLOSERS or (mark == "," and not depth):
            items.append(line[begin:at])
            begin = at + 1
            if mark != ",":
                return _Call(name, column, start, tuple(items) if "".join(items).strip() else ())
    return None
