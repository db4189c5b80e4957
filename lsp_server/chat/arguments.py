"""Reads the arguments of a tool call, which a model wrote as JSON; mends what small models get wrong in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

# Longer arguments are a model that has run away, or a file that should have been an edit.
MOST_CHARACTERS = 400_000

_FENCE = re.compile(r"\A\s*```\w*\s*\n(.*?)\n?```\s*\Z", re.DOTALL)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


class BadArguments(Exception):
    """The arguments cannot be read; the message tells the model how to do better."""


def parse_arguments(text: str) -> Mapping[str, Any]:
    """Give the arguments as an object; no text is no arguments.

    What is no JSON is mended where nothing can be lost: a fence around it, commas before brackets, bare line feeds
    within strings. Arguments that were cut off stay wrong, since half a file must not be written. Raises BadArguments.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadArguments(f"The arguments are longer than {MOST_CHARACTERS:,} characters: send them in smaller parts.")
    if not text.strip():
        return {}
    try:
        found = _object(text, strict=True)
    except ValueError as error:
        found = _mended(text, error)
    if not isinstance(found, dict):
        raise BadArguments("The arguments must be one JSON object.")
    return found


def _object(text: str, *, strict: bool) -> Any:
    value = json.loads(text, strict=strict)
    # Some models write the object as a string once more.
    return json.loads(value) if isinstance(value, str) else value


def _mended(text: str, error: ValueError) -> Any:
    for mend in _MENDS:
        text = mend(text)
        try:
            return _object(text, strict=False)
        except ValueError:
            continue
    raise BadArguments(f"The arguments are not valid JSON ({error}): send the call again with valid JSON.") from error


def _without_fence(text: str) -> str:
    match = _FENCE.match(text)
    return match[1] if match else text


def _without_trailing_commas(text: str) -> str:
    return _TRAILING_COMMA.sub(r"\1", text)


_MENDS: tuple[Callable[[str], str], ...] = (_without_fence, _without_trailing_commas)
