"""How much of what a model said is shown at once: a line, or a whole block when that was asked for by hand.

A block of which the second line is wrong cannot be taken even where the first one is right, and long grey texts are
what people complain of most. So one line is shown, and the next one as soon as that is taken: what was read beyond the
shown text is kept for it.
"""

from __future__ import annotations

from context.text import split_lines, without_terminator
from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import Dropped, finish

# A stream that takes longer than this for a line shows what has come to whoever types along it.
SLOW_LINE_S = 0.5
_WORTH_SHOWING = 8


def extent(rest: str, place: Place, *, block: bool, taken: bool, over: bool) -> str | None:
    """Give what is shown of the rest of an answer; "" when nothing of it is fit to be, None while too little has come.

    `block` when all of it is wanted, `over` when nothing more will come. Where the cursor's line is complete, the next
    one is shown, with the line end that leads to it, if something was just `taken`; anybody else may want to stop
    there.
    """
    if block:
        return _finished(rest, place) if over else None
    blank, text = _parted(rest)
    if blank and place.head.strip() and not taken:
        return "" if over or text else None
    if not over and not line_size(text):
        return None
    line = without_terminator(split_lines(text)[0])
    if not blank:
        return _finished(line, place)
    shown = place.head.strip() and line.strip() not in ("", place.head.strip()) and line.rstrip() not in place.below
    return blank + line.rstrip() if shown else ""


def beginning(rest: str, shown: str) -> str:
    """Give what has come of the cursor's line in a slow stream, when that is enough and goes on from `shown`."""
    line = without_terminator(split_lines(rest)[0]).rstrip()
    return line if line.startswith(shown) and len(line) >= _WORTH_SHOWING else shown


def line_size(text: str) -> int:
    """Give how many characters a text takes up to the end of its first line that is not blank; 0 while it is open."""
    size = 0
    for line in split_lines(text)[:-1]:
        size += len(line)
        if line.strip():
            return size
    return 0


def is_over(rest: str) -> bool:
    """Tell whether an answer has nothing more to say on the cursor's line."""
    return not without_terminator(split_lines(rest)[0]).strip()


def _parted(rest: str) -> tuple[str, str]:
    """Give the line ends that a text begins with, and what follows them."""
    lines = split_lines(rest)
    count = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    return "".join(lines[:count]).lstrip(" \t"), "".join(lines[count:])


def _finished(text: str, place: Place) -> str:
    try:
        return finish(text, place)
    except Dropped:
        return ""
