"""What a person did lately: edits, merged as they belong together, and the files they were in.

Fed with each document before and after a change. An edit is kept as the lines it replaced and those it put there, so it
can be shown as a small diff whatever happens to the rest of the file.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from context.edit_pairs import MOST_LINES, LineEdit
from context.snippet import Snippet
from context.text import Document, LineChange, Span, without_terminator

# Changes this near in lines and time are one edit (a peer groups by 8 lines and 1 s; people stop longer to think).
_MERGED_LINES = 8
_MERGED_S = 30.0

_MOST_EDITS = 16
_MOST_FILES = 64

# An edit is news only elsewhere: what stands around the cursor is in the prompt already.
_NEIGHBOURHOOD_LINES = 100

# More than this of one edit says no more about what comes next.
_SHOWN_LINES = 20


@dataclass(frozen=True, slots=True)
class _Edit:
    """Lines `old` of a file became `new`, which begin at line `first` of `document`."""

    document: Document
    first: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    at_s: float

    @property
    def end(self) -> int:
        return self.first + len(self.new)


class Recent:
    """The ring of recent edits and the files that were visited. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._edits: deque[_Edit] = deque(maxlen=_MOST_EDITS)
        self._visited: OrderedDict[str, None] = OrderedDict()
        self.generation = 0

    def visit(self, uri: str) -> None:
        """Note that a person is in a file."""
        self._visited[uri] = None
        self._visited.move_to_end(uri)
        if len(self._visited) > _MOST_FILES:
            self._visited.popitem(last=False)

    def files(self) -> list[str]:
        """Give the files that were visited, the last one first."""
        return list(reversed(self._visited))

    def forget(self, uri: str) -> None:
        """Forget a file, as when it may no longer be seen."""
        self._visited.pop(uri, None)
        self._edits = deque((edit for edit in self._edits if edit.document.uri != uri), _MOST_EDITS)
        self.generation += 1

    def change(self, before: Document, after: Document) -> None:
        """Note that a document became another; a change that replaced it all counts where the two differ."""
        change = after.change if after.change is not None else _difference(before.lines, after.lines)
        if before.lines[change.first : change.old_end] == after.lines[change.first : change.new_end]:
            return
        self.visit(after.uri)
        old = before.lines[change.first : change.old_end]
        edit = _Edit(after, change.first, old, after.lines[change.first : change.new_end], self._clock())
        earlier = next((each for each in self._edits if each.document.uri == after.uri), None)
        if earlier is not None and self._belongs(earlier, change, edit.at_s):
            self._edits.remove(earlier)
            edit = _merged(earlier, before, edit, change)
        else:
            self.generation += 1
        self._edits = deque((_moved(each, after.uri, change) for each in self._edits), _MOST_EDITS)
        self._edits.appendleft(edit)

    def edits(self, uri: str, line: int) -> Iterator[Snippet]:
        """Give the edits as small diffs, the last one first, without those near a line of a document."""
        for rank, edit in enumerate(self._edits):
            beside = edit.first - _NEIGHBOURHOOD_LINES <= line < edit.end + _NEIGHBOURHOOD_LINES
            text = "" if edit.document.uri == uri and beside else _diff(edit.old, edit.new)
            if text:
                start = edit.document.line_start(edit.first)
                span = Span(start, start + sum(map(len, edit.new)))
                yield Snippet(edit.document.uri, span, text, "recent edit", 1 / (1 + rank))

    def edits_in(self, uri: str) -> list[LineEdit]:
        """Give the edits of a document as values, the last one first; `first` is where each stands now."""
        return [LineEdit(edit.first, edit.old, edit.new) for edit in self._edits if edit.document.uri == uri]

    def _belongs(self, earlier: _Edit, change: LineChange, now_s: float) -> bool:
        near = change.first <= earlier.end + _MERGED_LINES and earlier.first <= change.old_end + _MERGED_LINES
        return near and now_s - earlier.at_s <= _MERGED_S


def _merged(earlier: _Edit, before: Document, edit: _Edit, change: LineChange) -> _Edit:
    """Give one edit for two that lie near each other; `before` is the text between them."""
    first, end = min(earlier.first, change.first), max(earlier.end, change.old_end)
    old = (*before.lines[first : earlier.first], *earlier.old, *before.lines[earlier.end : end])
    new = edit.document.lines[first : end + change.new_end - change.old_end]
    return _Edit(edit.document, first, old, new, edit.at_s)


def _moved(edit: _Edit, uri: str, change: LineChange) -> _Edit:
    """Give an older edit where it is after a later change above it."""
    if edit.document.uri != uri or edit.first < change.old_end:
        return edit
    return replace(edit, first=edit.first + change.new_end - change.old_end)


def _difference(before: Sequence[str], after: Sequence[str]) -> LineChange:
    """Find the lines in which two texts differ, between what they begin and end with alike."""
    shorter = min(len(before), len(after))
    first = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    alike = next((i for i in range(shorter - first) if before[-1 - i] != after[-1 - i]), shorter - first)
    return LineChange(first, len(before) - alike, len(after) - alike)


def _diff(old: Sequence[str], new: Sequence[str]) -> str:
    """Give the lines that went and those that came; "" when nothing but blanks changed, or far too much."""
    if len(old) + len(new) > MOST_LINES:
        return ""
    parts: list[str] = []
    for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            parts += _marked("-", old[start:end])
            parts += _marked("+", new[new_start:new_end])
    return "".join(parts) if len(parts) <= _SHOWN_LINES else ""


def _marked(mark: str, lines: Sequence[str]) -> list[str]:
    return [f"{mark}{without_terminator(line)}\n" for line in lines if line.strip()]
