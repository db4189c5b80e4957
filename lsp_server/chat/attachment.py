"""A piece of context that goes along with a question: what it is, how it is shown, and how it has changed since."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal, NamedTuple, TypeAlias

from context.text import Document
from lsp_server.errors import AssistantError

Count: TypeAlias = Callable[[str], int]

Kind: TypeAlias = Literal["map", "outline", "file", "symbol", "search", "diagnostics", "diff", "staged"]


@dataclass(frozen=True, slots=True)
class _Words:
    """How a kind is spoken of: over its text, and where it stood in the question. `{}` is the attachment's name."""

    title: str
    mention: str
    numbered: bool = False
    language_id: str = ""


# In the order in which they are shown: what changes least comes first, so that a prompt cache holds for longest.
KINDS: dict[Kind, _Words] = {
    "map": _Words("Map of the repository, the definitions that matter most", "(a map of the repository is attached)"),
    "outline": _Words("Outline of the folder `{}`", "the folder `{}`"),
    "file": _Words("File `{}`", "`{}`", numbered=True),
    "symbol": _Words("Definition of `{}`", "`{}`", numbered=True),
    "search": _Words("Places in the project that hold words of `{}`", "the search hits for `{}`"),
    "diagnostics": _Words("Problems in `{}`", "the problems in `{}`"),
    "diff": _Words("Changes since the last commit", "the changes since the last commit", language_id="diff"),
    "staged": _Words("Staged changes", "the staged changes", language_id="diff"),
}
_ORDER = {kind: place for place, kind in enumerate(KINDS)}

# What a person works on: when it changes, the model is told with the next question. A map, an outline or search hits
# would be others at nearly every question; they are made anew when they are asked for again.
KEPT_CURRENT: frozenset[Kind] = frozenset({"file", "symbol", "diagnostics", "diff", "staged"})

# Lines around selected ones that go along. A person who wants the whole file attaches the whole file.
_MARGIN_LINES = 40

# Lines around changed ones that are shown with them.
_CHANGED_MARGIN = 10

_FENCE = re.compile(r"`{3,}")


class Lines(NamedTuple):
    """Line numbers from 1, both included, as people and fragments (`#L3-L9`) count them."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text that goes along with a question, with what it is and where it comes from.

    `lines` are without terminators, the first of them is line `first_line` of `file_lines` (None: not known).
    `selected` are the lines that matter most: when the whole is too long, the excerpt is cut around them. `uri` is the
    address that gives it anew, "" when nothing does. `place` is the file of a definition. `note` says what is not shown
    and why. With `steps`, these numbers of lines may be shown and no others, since a part of it ends there. `changed`
    says that it was shown before with other lines: in the selected ones alone, or somewhere.
    """

    name: str
    language_id: str
    lines: tuple[str, ...]
    first_line: int
    file_lines: int | None
    selected: Lines | None = None
    kind: Kind = "file"
    uri: str = ""
    place: str = ""
    note: str = ""
    steps: tuple[int, ...] = ()
    changed: Literal["", "somewhere", "selected"] = ""

    @staticmethod
    def of(
        document: Document, name: str, selected: Lines | None = None, margin: int | None = None, uri: str = ""
    ) -> Attachment:
        """Attach a document; with `margin`, only so many lines before and behind the selected ones."""
        count = line_count(document)
        first, last = 1, count
        if selected is not None and margin is not None:
            first, last = max(selected.first - margin, 1), min(selected.last + margin, count)
        lines = tuple(document.content(line) for line in range(first - 1, last))
        return Attachment(name, document.language_id, lines, first, count, selected, uri=uri)

    @staticmethod
    def of_parts(kind: Kind, name: str, parts: Sequence[str], uri: str, notes: Sequence[str] = ()) -> Attachment:
        """Attach texts that were made about the project, each of them to be shown whole or not at all."""
        split = [part.removesuffix("\n").split("\n") for part in parts]
        lines = tuple(line for part in split for line in part)
        steps = (0, *accumulate(map(len, split)))
        language_id, note = KINDS[kind].language_id, "; ".join(notes)
        return Attachment(name, language_id, lines, 1, None, kind=kind, uri=uri, note=note, steps=steps)

    @property
    def mention(self) -> str:
        """The words that stand for it in the question."""
        return KINDS[self.kind].mention.format(self._name)

    @property
    def title(self) -> str:
        """The words that stand over its text."""
        title = KINDS[self.kind].title.format(self._name)
        return f"{title} in `{_quotable(self.place)}`" if self.place else title

    @property
    def cuts(self) -> Sequence[int]:
        """The numbers of lines that may be shown of it, in ascending order."""
        return self.steps or range(len(self.lines) + 1)

    def tokens(self, count: Count) -> int:
        """Give the tokens that it takes when it is shown whole."""
        return count(rendered(self, self.cuts[-1]))

    @property
    def _name(self) -> str:
        # A name is the client's word, and stands outside the fence: it must not end its line or its quotes.
        return _quotable(self.name)


def attached_lines(document: Document, name: str, lines: Lines | None, uri: str) -> Attachment:
    """Attach a document, or some lines with what is around them. Raises AssistantError when there is no such line."""
    if lines is None:
        return Attachment.of(document, name, uri=uri)
    last = line_count(document)
    if lines.first > last:
        raise AssistantError(f"{name} has no line {lines.first}: attach it again.")
    return Attachment.of(document, name, Lines(lines.first, min(lines.last, last)), _MARGIN_LINES, uri)


def line_count(document: Document) -> int:
    """Count lines as a person does: a terminator at the end of the text begins no line."""
    count = len(document.lines)
    return count - 1 if count > 1 and not document.lines[-1] else count


def in_order(attachments: Sequence[Attachment]) -> list[int]:
    """Give the indices of attachments in the order in which they are shown."""
    return sorted(range(len(attachments)), key=lambda index: _ORDER[attachments[index].kind])


def refreshed(before: Attachment, now: Attachment) -> Attachment | None:
    """Give what has changed since something was shown, marked as such; None when nothing has.

    Of a file only the changed lines are shown again, with a few around them.
    """
    if before.lines == now.lines:
        return None
    now = replace(now, changed="somewhere")
    if now.kind != "file" or now.file_lines is None or not now.lines:
        return now
    start, end = _changed_lines(before.lines, now.lines)
    selected = Lines(now.first_line + start, now.first_line + end - 1)
    most = min(end - start + 2 * _CHANGED_MARGIN, len(now.lines))
    return replace(now, selected=selected, changed="selected", steps=tuple(range(most + 1)))


def rendered(attachment: Attachment, shown: int) -> str:
    """Render `shown` lines of an attachment as a fenced block under a line that says what they are."""
    title = attachment.title
    notes = [attachment.note] if attachment.note else []
    if not attachment.lines:
        return f"{title}: {'; '.join(notes) or 'there is nothing to show'}."
    if not shown:
        return f"{title} is left out: too long."
    start = _start(attachment, shown)
    lines = attachment.lines[start : start + shown]
    label = title + (_numbers(attachment, start, shown) if KINDS[attachment.kind].numbered else "")
    if attachment.changed == "somewhere":
        label += ", changed since it was shown"
    if shown < attachment.cuts[-1]:
        notes.append("cut to fit")
    if notes:
        label += f" ({'; '.join(notes)})"
    text = "\n".join(lines)
    fence = "`" * max([3, *(len(run) + 1 for run in _FENCE.findall(text))])
    return f"{label}:\n{fence}{attachment.language_id}\n{text}\n{fence}"


def _numbers(attachment: Attachment, start: int, shown: int) -> str:
    excerpt = Lines(attachment.first_line + start, attachment.first_line + start + shown - 1)
    label = f", lines {excerpt.first}-{excerpt.last}"
    if attachment.file_lines is not None:
        label += f" of {attachment.file_lines}"
    selected = attachment.selected
    if selected is not None and attachment.changed == "selected":
        label += f", changed since it was shown: lines {selected.first}-{selected.last}"
    elif selected is not None and selected != excerpt:
        label += f", selected: lines {selected.first}-{selected.last}"
    return label


def _start(attachment: Attachment, shown: int) -> int:
    """Choose where an excerpt of so many lines begins: the selected lines first, then as many before as behind."""
    if attachment.selected is None:
        return 0
    first = attachment.selected.first - attachment.first_line
    size = attachment.selected.last - attachment.selected.first + 1
    if shown <= size:
        return first
    return max(0, min(first - (shown - size) // 2, len(attachment.lines) - shown))


def _changed_lines(before: Sequence[str], now: Sequence[str]) -> tuple[int, int]:
    """Give the lines, half-open and from zero, that differ from what was before; at least one, where some are gone."""
    most = min(len(before), len(now))
    start = next((line for line in range(most) if before[line] != now[line]), most)
    same = next((line for line in range(most - start) if before[-1 - line] != now[-1 - line]), most - start)
    start = min(start, len(now) - 1)
    return start, max(len(now) - same, start + 1)


def _quotable(name: str) -> str:
    return " ".join(name.replace("`", "'").split())
