"""Error answers made into our errors: what happened, at which endpoint, and what to do about it.

What an endpoint says is shortened to one line, and nothing in it that looks like a key gets through.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from lsp_server.errors import (
    AuthFailed,
    BadResponse,
    ContextOverflow,
    FimUnsupported,
    ModelError,
    ModelNotFound,
    Overloaded,
    RateLimited,
    RequestRefused,
    TimedOut,
    Truncated,
)
from lsp_server.models.messages import Endpoint
from lsp_server.models.providers import EMBEDDED, PROVIDERS
from lsp_server.models.wire.error_body import ErrorBody, read_error, seconds

_WORDS_LENGTH = 300
_KEY = re.compile(r"\b(?:Bearer\s+\S+|(?:sk|pk|rk|gsk|xai|key|hf)[-_][\w*.-]{6,}|AIza[\w-]{10,})")
_NEVER = r"(?!)"


class _Row(NamedTuple):
    """An error, the statuses it comes with (0: none was given), and what its codes or its words look like."""

    error: type[ModelError]
    statuses: Container[int]
    codes: str = _NEVER
    words: str = _NEVER

    def fits(self, status: int, said: ErrorBody) -> bool:
        if status not in self.statuses:
            return False
        return bool(re.search(self.codes, said.codes) or re.search(self.words, said.words, re.IGNORECASE))


_ANY = range(600)

# The first row that fits decides; when none does, the status alone.
_ROWS = (
    _Row(
        ContextOverflow,
        (0, 400, 413, 422, 500),
        codes=r"context_length|context_size|request_too_large",
        words=r"context (length|window|size)|maximum context|prompt is too long|exceeds the maximum number of tokens",
    ),
    _Row(RequestRefused, _ANY, codes=r"insufficient_quota|insufficient_balance|billing"),
    _Row(FimUnsupported, (400, 422, 501), words=r"\b(suffix|infill|insert|fim|fill.in.the.middle)\b"),
    _Row(FimUnsupported, (500,), words=r"\b(suffix|infill)\b"),
    _Row(AuthFailed, _ANY, codes=r"api_key|authentication|permission|unauthenticated"),
    _Row(RateLimited, _ANY, codes=r"rate_limit|resource_exhausted|too_many_requests"),
    _Row(
        ModelNotFound,
        (0, 400, 404, 422),
        codes="model_not_found|not_found_error",
        words=r"\bmodel\b.{0,80}\b(not found|not exist|not supported)",
    ),
    _Row(Overloaded, _ANY, codes=r"overloaded|unavailable|server_error"),
    _Row(RequestRefused, (0,), codes=r"invalid_request|invalid_prompt|invalid_argument|failed_precondition"),
)

_BY_STATUS: Mapping[int, type[ModelError]] = {
    401: AuthFailed,
    403: AuthFailed,
    404: ModelNotFound,
    408: TimedOut,
    410: ModelNotFound,
    413: ContextOverflow,
    429: RateLimited,
    501: FimUnsupported,
}
_BY_HUNDRED: Mapping[int, type[ModelError]] = {3: BadResponse, 4: RequestRefused}

# What happened, and what to do.
_SENTENCES: Mapping[type[ModelError], tuple[str, str]] = {
    AuthFailed: ("does not accept the key", "{key}"),
    RateLimited: ("asks for fewer requests", "wait {wait} and try again"),
    Overloaded: ("cannot answer now", "try again in a moment"),
    TimedOut: ("gave up waiting", "try again in a moment"),
    ModelNotFound: ('has no model "{model}"', "check its name and base_url, or see `antiphon models`"),
    ContextOverflow: ("cannot take a text this long", "send less, or set {settings}.context_window"),
    FimUnsupported: ("cannot fill in the middle in this way", "set {settings}.fim to another way"),
    RequestRefused: ("refuses the request", "change the settings or the account as it says"),
    BadResponse: ("answers with a redirect", "set {settings}.base_url to where it leads"),
}


def error_of(status: int, headers: Mapping[str, str], body: bytes, endpoint: Endpoint) -> ModelError:
    """Give the error that an HTTP answer stands for, or an error event in mid-stream (`status` 200).

    RateLimited knows the wait that was asked for, be it in a header (seconds or a date) or in the body.
    """
    said = read_error(body)
    if status < 300:
        status = said.status
    wait_s = _retry_after(headers) if said.retry_after_s is None else said.retry_after_s
    kind = _kind(status, said)
    message = _message(kind, status, said, wait_s, endpoint)
    return RateLimited(message, wait_s) if kind is RateLimited else kind(message)


def rubbish(endpoint: Endpoint) -> BadResponse:
    """Give the error for an answer that is of no known form."""
    remedy = f"check that {settings_of(endpoint)}.base_url is the address of its API"
    return BadResponse(f"{place(endpoint)} answers, but not as a model server does; {remedy}.")


def no_fim(endpoint: Endpoint) -> FimUnsupported:
    """Give the error for a completion that was asked in a dialect which has none."""
    remedy = f'set {settings_of(endpoint)}.fim to "none", or ask another model'
    return FimUnsupported(f"{place(endpoint)} can only chat, in its dialect; {remedy}.")


def truncated(endpoint: Endpoint) -> Truncated:
    """Give the error for an answer that stopped before its end."""
    return Truncated(f"{place(endpoint)} stopped in the middle of its answer; try again.")


def place(endpoint: Endpoint) -> str:
    """Name an endpoint in a message: the provider and its address, without a password or a query."""
    if not endpoint.base_url:
        return endpoint.provider or "The model server"
    address = re.sub(r"//[^/@]*@", "//", endpoint.base_url.partition("?")[0])
    return f"{endpoint.provider} at {address}"


def settings_of(endpoint: Endpoint) -> str:
    """Give the path of the settings that an endpoint comes from."""
    return EMBEDDED if endpoint.provider == EMBEDDED else f"providers.{endpoint.provider or 'NAME'}"


def _kind(status: int, said: ErrorBody) -> type[ModelError]:
    by_status = _BY_STATUS.get(status) or _BY_HUNDRED.get(status // 100, Overloaded)
    return next((row.error for row in _ROWS if row.fits(status, said)), by_status)


def _message(kind: type[ModelError], status: int, said: ErrorBody, wait_s: float | None, endpoint: Endpoint) -> str:
    happened, remedy = _SENTENCES[kind]
    if kind is Overloaded and "loading" in said.words.lower():
        happened = "is still loading its model"
    facts = {
        "key": _key_remedy(endpoint),
        "wait": "a moment" if wait_s is None else f"{math.ceil(wait_s)} s",
        "model": endpoint.model,
        "settings": settings_of(endpoint),
    }
    details = (str(status) if status else "", _scrub(said.words, endpoint).rstrip("."))
    detail = ": ".join(part for part in details if part)
    in_brackets = f" ({detail})" if detail else ""
    return f"{place(endpoint)} {happened.format_map(facts)}{in_brackets}; {remedy.format_map(facts)}."


def _key_remedy(endpoint: Endpoint) -> str:
    row = PROVIDERS.get(endpoint.provider)
    setting = f"{settings_of(endpoint)}.api_key_env"
    if row and row.api_key_env:
        return f"check the key in the environment variable {row.api_key_env}"
    if endpoint.key:
        return f"check the key in the environment variable that {setting} names"
    return f"set {setting} to the name of the environment variable that holds the key"


def _scrub(words: str, endpoint: Endpoint) -> str:
    """Give the words on one line, shortened, without anything secret."""
    for secret in (endpoint.key, *endpoint.headers.values()):
        if len(secret) >= 4:
            words = words.replace(secret, "…")
    words = _KEY.sub("…", words)
    words = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return words if len(words) <= _WORDS_LENGTH else words[:_WORDS_LENGTH] + "…"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the wait that stands in the headers (RFC 9110, 10.2.3); a date counts from the endpoint's own clock."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    milliseconds = seconds(lower.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = lower.get("retry-after", "")
    until, now = _date(value), _date(lower.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else seconds(value)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
