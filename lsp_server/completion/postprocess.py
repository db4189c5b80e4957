"""From what a model streams to what is shown: how much is wanted, where to stop, and what to take off.

RULES say how much is wanted at a place. `cut` looks at the whole answer so far, at every event, and says
when nothing that may follow can matter: then the stream is closed. `finish` makes what is shown of what was kept.
All three are pure, so the result does not depend on how a stream is cut into chunks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from context.languages import LANGUAGES
from context.text import split_lines, without_terminator
from lsp_server.completion.ending import Ending
from lsp_server.completion.excerpt import Excerpt
from lsp_server.completion.fim import heal
from lsp_server.completion.opening import opened
from lsp_server.completion.place import Place
from lsp_server.completion.steps import STEPS

# Control tokens of all families of models, as they come through when a server does not know them.
_CONTROL = re.compile(
    r"<[|｜][a-zA-Z_▁]+[|｜]>|<(?:fim_\w+|file_sep|repo_name|end_of_turn|start_of_turn|EOT|PRE|SUF|MID)>|\[(?:SUFFIX|PREFIX)\]"
)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)


class Dropped(Exception):
    """Nothing is shown; `reason` is a stable code for status and explanation."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Shape:
    """How much may be shown. `stop` are texts that end an answer wherever they come.

    `healed` when trailing blanks were cut from the prompt and so have to come off the answer. `excerpt` is what is
    around the cursor; without one, a place has to do, which knows too little for most blocks.
    """

    multi_line: bool
    max_lines: int
    stop: tuple[str, ...] = ()
    healed: bool = False
    excerpt: Excerpt | None = None

    @property
    def wire_stop(self) -> tuple[str, ...]:
        """The texts at which a server can stop by itself without an answer being lost.

        Not the blank line, although most answers end there: in a bracket, or in a function that was to be closed,
        it may be followed by the rest.
        """
        return () if self.multi_line else ("\n",)


class Cut(NamedTuple):
    """The text to show so far. `complete` when nothing that may follow can change it: the stream can be closed."""

    text: str
    complete: bool


class Rule(NamedTuple):
    """When this holds at a place, an answer has one line, or as many as its statement or block takes; and why."""

    name: str
    holds: Callable[[Place], bool]
    multi_line: bool
    why: str


RULES = (
    Rule(
        "in a comment",
        lambda place: _in_comment(place),
        False,
        "every line of a comment is complete, and a model has always more to say",
    ),
    Rule(
        "within a line",
        lambda place: bool(place.tail.strip()),
        False,
        "text right of the cursor would be pushed away from its line",
    ),
    Rule("elsewhere", lambda _: True, True, "syntax tells where a statement, or a block that was begun, is complete"),
)


def wants_multi_line(place: Place) -> bool:
    """Tell whether an answer may have more than one line: by the first of RULES that holds."""
    return next(rule.multi_line for rule in RULES if rule.holds(place))


def cut(text: str, place: Place, shape: Shape) -> Cut:
    """Find where an answer ends: at a stop text, at the end of its line, its statement or its block."""
    return _cut(text, place, shape, final=False)


def finish(text: str, place: Place, shape: Shape | None = None) -> str:
    """Run every step over a whole answer and give the text to show. Raises Dropped when nothing is left.

    `text` is what `cut` gave last, complete or not. Blanks at the end come off; nobody wants to accept those.
    """
    excerpt = (shape and shape.excerpt) or Excerpt.of(place)
    if shape is not None:
        text = _cut(text, place, replace(shape, healed=False), final=True).text
    text = text.rstrip()
    if not text:
        raise Dropped("empty")
    for step in STEPS:
        text = step(text, place, excerpt).rstrip()
        if not text:
            raise Dropped(step.__name__.strip("_").replace("_", "-"))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", place.eol)


def _cut(text: str, place: Place, shape: Shape, *, final: bool) -> Cut:
    text, stopped = _before_stop(text, shape.stop)
    text = heal(text, place.head) if shape.healed else text
    if shape.healed and text and not text[0].isalnum() and place.in_a_new_word:
        # Half a word is half a token, behind which a small model begins something else: `retu` and then ` = 0.5`.
        return Cut("", True)
    excerpt = shape.excerpt or Excerpt.of(place)
    began = opened(text, place, excerpt, final=stopped or final)
    if began is None:
        return Cut(text, False)
    text, fenced = _before_fence(began, place)
    stopped = stopped or fenced
    if not shape.multi_line:
        lines = split_lines(text)
        return Cut(without_terminator(lines[0]), stopped or len(lines) > 1)
    end = Ending(place, excerpt, shape.max_lines).of(text, final=stopped or final)
    return Cut(text if end is None else text[:end], end is not None)


def _before_stop(text: str, stop: tuple[str, ...]) -> tuple[str, bool]:
    places = [at for each in stop if (at := text.find(each)) >= 0]
    places += [found.start() for found in _CONTROL.finditer(text)][:1]
    return (text[: min(places)], True) if places else (text, False)


def _before_fence(text: str, place: Place) -> tuple[str, bool]:
    """Cut at the end of a Markdown block, which chat models wrap code in."""
    found = None if LANGUAGES.get(place.language_id) is LANGUAGES["markdown"] else _FENCE.search(text)
    return (text[: found.start()], True) if found else (text, False)


def _in_comment(place: Place) -> bool:
    row = LANGUAGES.get(place.language_id)
    return bool(row and row.comment and place.head.lstrip().startswith(row.comment))
