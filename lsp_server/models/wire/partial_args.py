"""Arguments of a function call that come as values at paths, such as {"jsonPath": "$.lines[0]", "stringValue": "x"}
(https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling, streamed arguments).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from lsp_server.models.wire.exchange import Json, mapping

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d{1,4})\]|\[['\"]([^'\"\]]*)['\"]\]")
_VALUES = ("stringValue", "numberValue", "boolValue", "nullValue")


class PartialArgs:
    """The arguments of one call, as far as they have come."""

    def __init__(self) -> None:
        self.arguments: dict[str, Any] = {}
        self._texts: dict[str, str] = {}

    def add(self, pieces: Iterable[Any]) -> None:
        """Add values; a text adds to the text that came at its path before. What is of no known form is passed over."""
        for piece in map(mapping, pieces):
            kind = next((kind for kind in _VALUES if kind in piece), "")
            path = str(piece.get("jsonPath", ""))
            if kind and (steps := _steps(path)):
                _set(self.arguments, steps, self._value(path, kind, piece))

    def _value(self, path: str, kind: str, piece: Json) -> Any:
        if kind == "stringValue":
            self._texts[path] = self._texts.get(path, "") + str(piece[kind])
            return self._texts[path]
        return None if kind == "nullValue" else piece[kind]


def _steps(path: str) -> list[str | int]:
    """Give the names and places that lead to a value; none when the path does not begin with a name."""
    found = [match.groups() for match in _STEP.finditer(path)]
    steps = [int(place) if place else name or quoted or "" for name, place, quoted in found]
    return steps if steps and isinstance(steps[0], str) else []


def _set(target: Any, steps: list[str | int], value: Any) -> None:
    """Put a value to where the steps lead, and make what is missing on the way."""
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int) and isinstance(target, list):
            target += [None] * (step + 1 - len(target))
        elif not (isinstance(step, str) and isinstance(target, dict)):
            return
        if after is None:
            target[step] = value
            return
        inner = target.get(step) if isinstance(target, dict) else target[step]
        target[step] = inner if isinstance(inner, dict | list) else ([] if isinstance(after, int) else {})
        target = target[step]
