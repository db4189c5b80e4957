"""What stands on the screen as ghost text, what became of it, and what a person did not want to see.

No editor tells reliably whether a suggestion was taken or left, so the next place of the cursor tells it: all of the
text at once is an accept, some of it at once is a part of one, another key after it could be read is a reject.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal, TypeAlias

from lsp_server.completion.cache import Answer
from lsp_server.completion.place import Place

Fate: TypeAlias = Literal["typed along", "accepted", "rejected", "left"]

# Text that stood at a place for less has not been read: another key is no judgement on it then.
_READ_S = 0.75

# Nine of ten slips are noticed within a second (the same recording), and then taken back.
_SLIP_S = 2.0

# A person does not remember more either.
_REJECTS = 64

# The same place: this much before and behind the cursor is equal, whatever changed further away.
_NEAR = 200


class Screen:
    """The ghost text of one document. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shown: Answer | None = None
        self._since_s = 0.0
        self._off: tuple[str, str, str] | None = None
        self._rejected: deque[tuple[str, str, str]] = deque(maxlen=_REJECTS)

    @property
    def shown(self) -> str:
        """The ghost text, "" when there is none."""
        return self._shown.text if self._shown is not None else ""

    def move(self, place: Place) -> Fate | None:
        """Learn where the cursor is now; give what became of the ghost text, None when there was none."""
        if self._shown is None:
            self._forgive(place)
            return None
        shown, typed = self._shown, place.typed_since(self._shown.place)
        rest, stood_s = shown.rest(place), self._clock() - self._since_s
        self._since_s = self._clock()
        if rest:
            self._shown = Answer(place, rest)
            return "typed along"
        self._shown = None
        if rest == "":
            return "accepted" if typed is not None and len(typed) > 1 else "typed along"
        if typed is None or stood_s < _READ_S:
            return "left"
        self._rejected.append(_key(shown.place, shown.text))
        self._off = _key(shown.place, "")
        return "rejected"

    def show(self, place: Place, text: str) -> None:
        """Learn that text was given to be shown at a place; it stands from then on, unless it only stays."""
        if self._shown is None:
            self._since_s = self._clock()
        self._shown = Answer(place, text)

    def _forgive(self, place: Place) -> None:
        """Take a reject back when its key is taken back at once: that was a slip."""
        if self._rejected and self._off == _key(place, "") and self._clock() - self._since_s < _SLIP_S:
            self._rejected.pop()
            self._off = None

    def reject(self) -> None:
        """Learn that the ghost text was sent away by hand."""
        if self._shown is not None:
            self._rejected.append(_key(self._shown.place, self._shown.text))
            self._shown = None

    def refuses(self, place: Place, text: str) -> bool:
        """Tell whether this very text was rejected at this very place."""
        return _key(place, text) in self._rejected


def _key(place: Place, text: str) -> tuple[str, str, str]:
    return place.before[-_NEAR:], place.after[:_NEAR], text
