"""From what a model streams to what is shown: where to stop, and what to cut off.

Every step is a pure function of the text so far, so the result does not depend on how a stream is cut into chunks.
A step that drops a suggestion altogether raises Dropped with a reason code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from context.text import split_lines, without_terminator
from lsp_server.completion.fim import heal
from lsp_server.completion.place import Place

_OPENERS = {"(": ")", "[": "]", "{": "}"}
_CLOSERS = frozenset(_OPENERS.values())

# Three times the same in a row, and not just a short list of zeros: small models do not leave such a loop any more.
_LOOP = re.compile(r"(.{3,40}?)\1{2,}", re.DOTALL)
_LOOP_CHARACTERS = 20

_OPENS_A_BLOCK = re.compile(r"(?:[:{(\[]|=>|->|\b(?:do|then|begin))\Z")


class Dropped(Exception):
    """Nothing is shown; `reason` is a stable code for status and explanation."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Shape:
    """How much may be shown. `stop` are texts that end an answer wherever they come.

    `healed` when trailing blanks were cut from the prompt and so have to come off the answer.
    """

    multi_line: bool
    max_lines: int
    stop: tuple[str, ...] = ()
    healed: bool = False


class Cut(NamedTuple):
    """The text to show so far. `complete` when nothing that may follow can change it: the stream can be closed."""

    text: str
    complete: bool


Step = Callable[[str, Place], str]


def wants_multi_line(place: Place) -> bool:
    """Tell whether more than the line may be completed: on a blank line, or behind something that opens a block.

    Anywhere else a person is in the middle of a statement, and text below it would only be in the way.
    """
    head = place.head.strip()
    return not place.tail.strip() and (not head or _OPENS_A_BLOCK.search(head) is not None)


def cut(text: str, place: Place, shape: Shape) -> Cut:
    """Find where an answer ends: at a stop text, at the end of its line or block, at its last allowed line."""
    text, stopped = _before_stop(text, shape.stop)
    text = heal(text, place.head) if shape.healed else text
    if shape.healed and text and not text[0].isalnum() and place.in_a_new_word:
        # Half a word is half a token, behind which a small model begins something else: `retu` and then ` = 0.5`.
        return Cut("", True)
    lines = split_lines(text)
    if not shape.multi_line:
        return Cut(without_terminator(lines[0]), stopped or len(lines) > 1)
    end = _block_end(lines, place, shape.max_lines)
    if end is None:
        return Cut(without_terminator(text) if stopped else text, stopped)
    return Cut(without_terminator("".join(lines[:end])), True)


def finish(text: str, place: Place) -> str:
    """Run every step over a whole answer and give the text to show. Raises Dropped when nothing is left.

    Blanks at the end come off too; nobody wants to accept those.
    """
    text = text.rstrip()
    if not text:
        raise Dropped("empty")
    for step in STEPS:
        text = step(text, place).rstrip()
        if not text:
            raise Dropped(step.__name__.strip("_").replace("_", "-"))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", place.eol)


def _before_stop(text: str, stop: tuple[str, ...]) -> tuple[str, bool]:
    places = [at for each in stop if (at := text.find(each)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


def _block_end(lines: tuple[str, ...], place: Place, max_lines: int) -> int | None:
    """Give the number of lines that belong to the block; None while that is open.

    The block ends before a line that is indented less than the cursor's line (or as little, when that line opens
    the block and deeper lines came), unless it closes a bracket which was opened here; and it ends at a blank line,
    since what follows one is a new thought that nobody asked for. A last line without its end may still grow.
    """
    opens = bool(place.head.strip())
    base = _width(place.indent if opens else place.head)
    deeper = False
    depth = _depth(place.head)
    for number, line in enumerate(lines):
        whole = line.endswith(("\n", "\r"))
        content = line.strip()
        if number == 0:
            depth += _depth(line)
            continue
        if number >= max_lines or (not content and whole):
            return number
        if not content:
            return None
        width = _width(line)
        leaves = width < base or (opens and deeper and width == base)
        if leaves and not (depth > 0 and content[0] in _CLOSERS):
            return number
        deeper = deeper or width > base
        depth += _depth(line)
    return None


def _width(line: str) -> int:
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip(" "))


def _depth(text: str) -> int:
    return sum(character in _OPENERS for character in text) - sum(character in _CLOSERS for character in text)


def _fence(text: str, place: Place) -> str:
    """Cut at a Markdown fence: chat models wrap code in it."""
    at = text.find("```")
    return text if at < 0 else text[:at]


def _loop(text: str, place: Place) -> str:
    """Cut a text that repeats itself after its first round; drop it when that would leave a bracket open.

    A rule of one character, such as a row of dashes, is no loop.
    """
    for found in _LOOP.finditer(text):
        if len(found[0]) >= _LOOP_CHARACTERS and len(set(found[1].strip())) > 1:
            kept = text[: found.end(1)]
            return kept if _unbalanced(kept) <= _unbalanced(text) else ""
    return text


def _repeats_what_follows(text: str, place: Place) -> str:
    """Cut at the first line that already stands beneath the cursor, in the same indentation.

    The `}` of an inner block, or an inner `return x`, is another line than the outer one below.
    """
    if not place.below:
        return text
    lines = split_lines(text)
    for number, line in enumerate(lines):
        content = (place.head + line if number == 0 else line).rstrip()
        if content == place.below[0]:
            return "".join(lines[:number])
    return text


def _repeats_line_above(text: str, place: Place) -> str:
    """Drop a line that only says the line above again."""
    first = (place.head + split_lines(text)[0]).strip()
    return "" if first == place.above and len(first) > 3 else text


def _repeats_tail(text: str, place: Place) -> str:
    """Take off the end what already stands right of the cursor, as far as the brackets want it.

    `print(|)` answered by `x)` shows `x`; but `f(g(|)` answered by `x)` keeps its bracket, which is the one missing.
    """
    tail = place.tail.strip()
    overlaps = [size for size in range(len(tail), 0, -1) if text.endswith(tail[:size]) and not _in_word(tail, size)]
    candidates = [text[: len(text) - size] for size in (*overlaps, 0)]
    if tail[:1] in _CLOSERS:
        # The answer may go on behind the closer that is there already: `f(|)` answered by `x):`.
        candidates += [text[:at] for at in range(len(text) - 1, -1, -1) if text[at] == tail[0]]
    return min(candidates, key=lambda kept: _unbalanced(place.head + kept + tail))


def _in_word(tail: str, size: int) -> bool:
    return size < len(tail) and tail[size - 1].isalnum() and tail[size].isalnum()


def _unbalanced(line: str) -> int:
    """Count what is unbalanced in a line: brackets opened and not closed, plus closed and never opened."""
    stack: list[str] = []
    wrong = 0
    for character in line:
        if character in _OPENERS:
            stack.append(_OPENERS[character])
        elif character in _CLOSERS:
            if stack and stack[-1] == character:
                stack.pop()
            else:
                wrong += 1
    return wrong + len(stack)


STEPS: tuple[Step, ...] = (_fence, _loop, _repeats_what_follows, _repeats_line_above, _repeats_tail)
