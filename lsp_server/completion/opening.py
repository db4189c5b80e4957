"""The beginning of an answer: what a model says before it comes to the point, taken off.

Each opening looks at the answer so far and gives what is left of it, or None when too little has come to tell. What
one gives only grows with the answer, so that a stream may be cut anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from context.languages import LANGUAGES
from lsp_server.completion.excerpt import Excerpt
from lsp_server.completion.lines import width_of
from lsp_server.completion.place import Place

Opening = Callable[[str, Place, Excerpt, bool], str | None]

_THOUGHT = ("<think>", "</think>")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)[^\n]*\n")
_FENCE_BEGINS = re.compile(r"\s*(?:`{1,2}|~{1,2}|(?:```|~~~)[^\n]*)\Z")

# How a model that was trained to talk begins a sentence, where code was asked for.
_PROSE = re.compile(
    r"\s*(?:(?:Sure|Certainly|Of course|Okay|Absolutely)\b[^\n=(){};]*|"
    r"(?:Here(?:'s| is| are)|The (?:missing|completed|following|provided|given|above|code|function)|"
    r"This (?:code|function|method|class|will|is)|To (?:complete|fill|finish)|Below is|Based on|It (?:looks|seems)|"
    r"I(?:'ll|'ve|'m| will| have| am)|You can|Note that|Let me|Let's)\b[^\n=(){};]{8,})(?:\n|\Z)"
)

# So much talk may come before the code that it is about.
_PROSE_CHARACTERS = 600

# A line so short, or of one word, may well be written twice: `Name Name`. But not `return return`, nor `a.b a.b`.
_ECHO_CHARACTERS = 6
_ECHO_WORD = re.compile(r"\s*(?:[a-z]{5,}|\w+\.[\w.]+)[ \t]+")

_OPENS_LINE = re.compile(r"(?:[({\[:,;>\\|&]|\b(?:do|then|begin|else))[ \t]*\Z")


def opened(text: str, place: Place, excerpt: Excerpt, *, final: bool) -> str | None:
    """Give an answer from where it comes to the point; None while that cannot be told. `final` when no more comes."""
    rest: str | None = text
    for opening in OPENINGS:
        rest = opening(rest, place, excerpt, final) if rest is not None else None
    return rest


def is_prose(text: str, place: Place, excerpt: Excerpt) -> bool:
    """Tell whether an answer begins by talking to a person: a sentence where none can stand.

    In a comment, a string, or the text of a page, a sentence parses.
    """
    found = _PROSE.match(text)
    if found is None or place.language_id not in LANGUAGES or _takes_markdown(place):
        return False
    return not excerpt.sound(found[0].strip())


def _thought(text: str, place: Place, excerpt: Excerpt, final: bool) -> str | None:
    """Take off what a model thought aloud."""
    begin, end = _THOUGHT
    content = text.lstrip()
    if not content.startswith(begin):
        return text if final or not begin.startswith(content) or not content else None
    _, closed, rest = content.partition(end)
    return rest.lstrip("\n") if closed else ("" if final else None)


def _prose(text: str, place: Place, excerpt: Excerpt, final: bool) -> str | None:
    """Go on to the code that talk leads up to; text that leads up to none is left, and dropped in the end."""
    if not is_prose(text, place, excerpt):
        return text
    fence = re.search(r"^" + _FENCE.pattern, text, re.MULTILINE)
    if fence and fence.start() < _PROSE_CHARACTERS:
        return text[fence.start() :]
    return text if final or len(text) >= _PROSE_CHARACTERS else None


def _fence(text: str, place: Place, excerpt: Excerpt, final: bool) -> str | None:
    """Take the line off with which a chat model opens a block of code."""
    if _takes_markdown(place):
        return text
    if _FENCE_BEGINS.match(text):
        return "" if final else None
    content = text.lstrip("\r\n")
    found = _FENCE.match(content)
    return content[found.end() :] if found else text


def _echo(text: str, place: Place, excerpt: Excerpt, final: bool) -> str | None:
    """Take off the cursor's line when the answer begins by saying it again."""
    head = place.head.strip()
    if not (_ECHO_WORD.fullmatch(place.head) or (len(head) >= _ECHO_CHARACTERS and " " in head)):
        return text
    content = text.lstrip()
    if content.startswith(head) and not (" " not in head and content[len(head) : len(head) + 1].isalnum()):
        rest = content[len(head) :]
        return rest.lstrip(" \t") if place.head[-1] in " \t" else rest
    return None if content and head.startswith(content) and not final else text


def _blanks(text: str, place: Place, excerpt: Excerpt, final: bool) -> str | None:
    """Let an answer begin at the cursor: without line ends and blanks that stand there already.

    In the middle of a statement a line end is kept behind what a line can end with, such as an open bracket.
    """
    content = text.lstrip()
    if not content:
        return text if final else None
    blanks = text[: len(text) - len(content)]
    _, line_end, indent = blanks.replace("\r", "\n").rpartition("\n")
    if not place.head.strip():
        return _indented(content, indent, place, bool(line_end))
    if line_end:
        ends = _OPENS_LINE.search(place.head) is not None or place.head[-1].isalnum() or place.head[-1] in ")]}\"'"
        return text if ends else content
    return content if place.head[-1] in " \t" else text


def _indented(content: str, indent: str, place: Place, on_a_line: bool) -> str:
    """Give an answer on a blank line without the indentation that stands there, which many models write again."""
    if on_a_line or not place.head:
        return (indent[len(place.head) :] if indent.startswith(place.head) else "") + content
    first_in_block = _OPENS_LINE.search(place.above) and width_of(place.head) <= _width_above(place)
    return indent + content if first_in_block else content


def _width_above(place: Place) -> int:
    above = place.before[: len(place.before) - len(place.head)].rstrip()
    return width_of(above[max(above.rfind("\n"), above.rfind("\r")) + 1 :])


def _takes_markdown(place: Place) -> bool:
    return LANGUAGES.get(place.language_id) is LANGUAGES["markdown"]


OPENINGS: tuple[Opening, ...] = (_thought, _prose, _fence, _echo, _blanks)
