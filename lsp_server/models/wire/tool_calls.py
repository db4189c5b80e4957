"""Tool calls put together from their pieces, in whichever pieces they come; and their ids and arguments made fit.

Ids may be missing, names may come again empty, arguments may be a text in pieces, a text in one piece, or an object.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lsp_server.models.messages import ProviderState, ToolCall, ToolCallDone


@dataclass(slots=True)
class _Open:
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    state: ProviderState | None = None


class ToolCalls:
    """The calls of one answer that are not yet whole, by whatever tells them apart; `seed` makes ids differ."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0
        self._open: dict[Hashable, _Open] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._open

    @property
    def last_key(self) -> Hashable:
        """The call that was begun last, or None."""
        return next(reversed(self._open), None)

    def key_of(self, call_id: str) -> Hashable:
        """Give the key of the open call that has this id, or None."""
        return next((key for key, call in self._open.items() if call_id and call.id == call_id), None)

    def id_of(self, key: Hashable) -> str:
        """Give the id of an open call; empty when it has none, or is none."""
        return self._open[key].id if key in self._open else ""

    def add(
        self,
        key: Hashable,
        *,
        call_id: str = "",
        name: str = "",
        arguments: Any = None,
        state: ProviderState | None = None,
    ) -> None:
        """Add a piece to a call, which begins with its first one. An empty id or name says nothing.

        A text is one piece of the arguments; an object is all of them.
        """
        call = self._open.setdefault(key, _Open())
        call.id, call.name, call.state = call.id or call_id, call.name or name, call.state or state
        if isinstance(arguments, str):
            call.pieces.append(arguments)
        elif arguments is not None:
            call.pieces = [arguments_text(arguments)]

    def replace(self, key: Hashable, arguments: Any) -> None:
        """Give all the arguments of a call anew, unless they are empty."""
        if arguments and key in self._open:
            self._open[key].pieces = [arguments_text(arguments)]

    def drop(self, key: Hashable) -> None:
        """Forget a call that will never be whole."""
        self._open.pop(key, None)

    def clear(self) -> None:
        """Forget all calls that are open."""
        self._open.clear()

    def done(self, key: Hashable) -> list[ToolCallDone]:
        """Give the call, which is whole now; nothing when there is none, or one without a name."""
        call = self._open.pop(key, None)
        return [self._whole(call)] if call and call.name else []

    def rest(self, *, cut: bool) -> list[ToolCallDone]:
        """Give all that are open, for the answer is over. When it was `cut`, only those whose arguments are whole."""
        if cut:
            self._open = {key: call for key, call in self._open.items() if _object("".join(call.pieces)) is not None}
        return [event for key in list(self._open) for event in self.done(key)]

    def _whole(self, call: _Open) -> ToolCallDone:
        text = "".join(call.pieces).strip()
        arguments = "{}" if text in ("", "null") else text
        self._count += 1
        made = _made_id(f"{self._seed}:{self._count}:{call.name}:{arguments}")
        return ToolCallDone(ToolCall(call.id or made, call.name, arguments, call.state))


def arguments_text(arguments: Any) -> str:
    """Give arguments as JSON text: a text as it is, nothing as the empty one."""
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else json.dumps(arguments, ensure_ascii=False)


def arguments_object(text: str) -> Mapping[str, Any]:
    """Give the object that a call's arguments are; an empty one when the model wrote none."""
    return _object(text) or {}


def fitting_id(call_id: str, pattern: str) -> str:
    """Give an id that an endpoint takes: the same, or nine hexadecimal digits made of it when it does not match.

    An id comes from another endpoint when a conversation changes its model. Equal ids stay equal.
    """
    return call_id if re.fullmatch(pattern, call_id) else _made_id(call_id)


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _made_id(seed: str) -> str:
    # Nine letters or digits: the narrowest rule of all endpoints.
    return hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:9]
