"""The steps from an answer that has ended to the text that is shown, each a pure function with a name and a reason.

A step that leaves nothing drops the answer, with its own name as the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from context.text import split_lines
from lsp_server.completion.brackets import CLOSERS, unbalanced
from lsp_server.completion.excerpt import Excerpt
from lsp_server.completion.indentation import in_the_file_s_style
from lsp_server.completion.opening import is_prose
from lsp_server.completion.place import Place

Step = Callable[[str, Place, Excerpt], str]

# Three times the same in a row, and not just a short list of zeros: small models do not leave such a loop any more.
_LOOP = re.compile(r"(.{3,40}?)\1{2,}")
_LOOP_CHARACTERS = 20
_LOOP_ROUNDS = 3
_LOOP_LINES = 4

_HALF_TOKEN = re.compile(r"<[|｜][\w▁]*[|｜]?\Z")
_FENCE = re.compile(r"^[ \t]*```", re.MULTILINE)
_WORD = re.compile(r"\w+|\S")


def _prose(text: str, place: Place, excerpt: Excerpt) -> str:
    """Drop what talks to a person: no sentence of that kind is code."""
    return "" if is_prose(text, place, excerpt) else text


def _half_token(text: str, place: Place, excerpt: Excerpt) -> str:
    """Take off the beginning of a control token, at which a stream was cut."""
    return _HALF_TOKEN.sub("", text)


def _loop(text: str, place: Place, excerpt: Excerpt) -> str:
    """Cut a line that ends by repeating itself after its first round; drop it when that would leave a bracket open.

    A rule of one character, such as a row of dashes, is no loop; nor is what comes to an end, as a matrix does.
    """
    for found in _LOOP.finditer(text):
        goes_on = found[1].startswith(text[found.end() :])
        if goes_on and len(found[0]) >= _LOOP_CHARACTERS and len(set(found[1].strip())) > 1:
            kept = text[: found.end(1)]
            return kept if unbalanced(kept, place.language_id) <= unbalanced(text, place.language_id) else ""
    return text


def _loop_of_lines(text: str, place: Place, excerpt: Excerpt) -> str:
    """Cut a text that ends in the same few lines again and again after their first round."""
    first, *lines = split_lines(text + "\n")
    for period in range(1, _LOOP_LINES + 1):
        broken_off = len(lines) > period and lines[-1 - period].startswith(lines[-1].rstrip("\n"))
        whole = lines[:-1] if broken_off and lines[-1] != lines[-1 - period] else lines
        rounds = [whole[max(0, at - period) : at] for at in range(len(whole), 0, -period)]
        same = next((number for number, round_ in enumerate(rounds) if round_ != rounds[0]), len(rounds))
        if same >= _LOOP_ROUNDS and any(len(line.strip()) > 3 for line in rounds[0]):
            return first + "".join(whole[: len(whole) - (same - 1) * period])
    return text


def _repeats_what_follows(text: str, place: Place, excerpt: Excerpt) -> str:
    """Cut where an answer goes on with what already stands beneath the cursor, in the same indentation.

    As many lines must agree as there are: one `@Override` is like another, and the `}` of an inner block, or an inner
    `return x`, is another line than the outer one below.
    """
    below = [line.rstrip() for line in split_lines(excerpt.after)[1:] if line.strip()]
    lines = [line.rstrip() for line in split_lines(place.head + text)]
    for number, line in enumerate(lines):
        rest = [each for each in lines[number:] if each]
        agree = bool(rest) and rest == below[: len(rest)]
        if agree and (number == 0 or line.strip() not in CLOSERS or not excerpt.sound(text)):
            return "".join(split_lines(text)[:number])
    return text


def _repeats_line_above(text: str, place: Place, excerpt: Excerpt) -> str:
    """Drop a line that only says the line above again, in the same block."""
    *above, _ = split_lines(excerpt.before + "x")
    nearest = next((line.rstrip() for line in reversed(above) if line.strip()), "")
    first = (place.head + split_lines(text)[0]).rstrip()
    return "" if first == nearest and len(first.strip()) > 3 else text


def _repeats_tail(text: str, place: Place, excerpt: Excerpt) -> str:
    """Take off the end what already stands right of the cursor, as far as the brackets want it.

    `print(|)` answered by `x)` shows `x`; but `f(g(|)` answered by `x)` keeps its bracket, which is the one missing.
    Of all that could be kept, the first with which the document parses, then the one with the fewest odd brackets.
    """
    tail = place.tail.strip()
    if not tail:
        return text
    overlaps = [size for size in range(len(tail), 0, -1) if text.endswith(tail[:size]) and not _in_word(tail, size)]
    ends = [len(text) - size for size in (*overlaps, 0)]
    if tail[0] in CLOSERS:
        # The answer may go on behind the closer that is there already: `f(|)` answered by `x):`.
        ends += [at for at in range(len(text) - 1, -1, -1) if text[at] == tail[0]]
    else:
        # It may go on in another way than the text that is there: `int X {| get; private set; }`.
        first = next(iter(_WORD.findall(tail)))
        ends += [found.start() for found in _WORD.finditer(text) if found[0] == first]
    language_id = place.language_id

    def worth(end: int) -> tuple[bool, int, int]:
        kept = text[:end]
        # The last: `x = [|]` answered by `1]  # one` parses, with the closer that was there in the comment.
        odd = unbalanced(place.head + kept + tail, language_id)
        return not excerpt.sound(kept), odd, unbalanced(kept, language_id)

    return text[: min(ends, key=worth)]


def _half_open(text: str, place: Place, excerpt: Excerpt) -> str:
    """Drop a line that opens a bracket before other text and does not close it: its end would be lines away."""
    before = unbalanced(place.head + place.tail, place.language_id)
    opens = bool(place.tail.strip()) and unbalanced(place.head + text + place.tail, place.language_id) > before
    return "" if opens and excerpt.parses and not excerpt.sound(text) else text


def _closes_twice(text: str, place: Place, excerpt: Excerpt) -> str:
    """Take closing lines off the end that the lines below have already, until the document parses."""
    lines = [*split_lines(text)]
    while len(lines) > 1 and lines[-1].lstrip()[:1] in CLOSERS:
        if excerpt.sound("".join(lines).rstrip()):
            return "".join(lines)
        lines.pop()
    return "".join(lines) if excerpt.sound("".join(lines).rstrip()) else text


def _indentation(text: str, place: Place, excerpt: Excerpt) -> str:
    """Write the indentation as the file does: tabs or blanks."""
    return in_the_file_s_style(text, place)


def _in_word(tail: str, size: int) -> bool:
    return size < len(tail) and tail[size - 1].isalnum() and tail[size].isalnum()


STEPS: tuple[Step, ...] = (
    _prose,
    _half_token,
    _loop_of_lines,
    _loop,
    _repeats_what_follows,
    _repeats_line_above,
    _repeats_tail,
    _half_open,
    _closes_twice,
    _indentation,
)
