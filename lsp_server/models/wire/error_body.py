"""What the body of an error answer says, in whichever of the known shapes it comes.

Known: {"error": {…}}, {"error": "…"}, {"detail": …}, {"message": …}, {"type": "error", …}, a list of one of these, an
HTML page, and plain text. The content type is not asked: errors come as octet streams, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The words for people; codes and types in lower case, put together; a status (0: none) and a wait, if any."""

    words: str = ""
    codes: str = ""
    status: int = 0
    retry_after_s: float | None = None


def read_error(body: bytes) -> ErrorBody:
    """Read an error body. Raises nothing: what cannot be read is taken as words."""
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ErrorBody(_page_title(text))
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return ErrorBody(text)
    inner = value.get("error")
    source = {**value, **inner} if isinstance(inner, dict) else value
    return ErrorBody(_words(source), _codes(source), _status(source), _retry_delay(source))


def seconds(text: str) -> float | None:
    """Read a number of seconds, or of anything else that is not negative."""
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d*)?", text) else None


def _words(source: Json) -> str:
    """Give the text for people; a gateway puts what the endpoint behind it said into `metadata.raw`."""
    metadata = source.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    candidates = (raw, source.get("message"), source.get("detail"), source.get("error"))
    return next(("; ".join(texts) for texts in map(_texts, candidates) if texts), "")


def _texts(value: Any) -> list[str]:
    """Give the texts in a complaint; those of a validation are a list of {"loc": …, "msg": "…"}."""
    parts = value if isinstance(value, list) else [value]
    texts = [part.get("msg", part.get("message")) if isinstance(part, dict) else part for part in parts]
    return [text for text in texts if isinstance(text, str) and text]


def _codes(source: Json) -> str:
    values = [
        source.get("code"),
        source.get("type"),
        source.get("status"),
        *(d.get("reason") for d in _details(source)),
    ]
    return " ".join(value.lower() for value in values if isinstance(value, str))


def _status(source: Json) -> int:
    for value in (source.get("status_code"), source.get("code"), source.get("status")):
        number = int(value) if isinstance(value, str) and re.fullmatch("[45][0-9]{2}", value) else value
        if isinstance(number, int) and 400 <= number < 600:
            return number
    return 0


def _retry_delay(source: Json) -> float | None:
    """Give the wait in `details[].retryDelay`, such as "34.4s" (google.rpc.RetryInfo)."""
    delays = (detail.get("retryDelay") for detail in _details(source))
    return next((seconds(delay.removesuffix("s")) for delay in delays if isinstance(delay, str)), None)


def _details(source: Json) -> Iterator[Json]:
    details = source.get("details")
    yield from (one for one in details if isinstance(one, dict)) if isinstance(details, list) else ()


def _page_title(text: str) -> str:
    """Give the title of an HTML page, or a plain text as it is."""
    if "<html" not in text.lower() and not text.lstrip().startswith("<!"):
        return text
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return title.group(1) if title else "an HTML page"
