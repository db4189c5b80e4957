"""Token counts, under whichever of their names an endpoint sends them."""

from __future__ import annotations

from typing import Any

from lsp_server.models.messages import Usage
from lsp_server.models.wire.exchange import Json, count, mapping

_INPUT = ("prompt_tokens", "input_tokens", "promptTokenCount", "prompt_eval_count")
_OUTPUT = ("completion_tokens", "output_tokens", "candidatesTokenCount", "eval_count")
_READ = (
    "prompt_tokens_details.cached_tokens",
    "input_tokens_details.cached_tokens",
    "prompt_cache_hit_tokens",
    "cache_read_input_tokens",
    "cachedContentTokenCount",
)
_WRITTEN = (
    "prompt_tokens_details.cache_write_tokens",
    "input_tokens_details.cache_write_tokens",
    "cache_creation_input_tokens",
)
_REASONING = (
    "completion_tokens_details.reasoning_tokens",
    "output_tokens_details.reasoning_tokens",
    "output_tokens_details.thinking_tokens",
    "thoughtsTokenCount",
)
_TOTAL = ("total_tokens", "totalTokenCount")
_APART = ("cache_read_input_tokens", "cache_creation_input_tokens")  # beside input_tokens, not a part of them


def usage_of(value: Json) -> Usage:
    """Give the counts that an object holds; what is no count is unknown. Raises nothing."""
    tokens_in, out = _first(value, _INPUT), _first(value, _OUTPUT)
    reasoning = _first(value, _REASONING)
    if tokens_in is not None:
        tokens_in += sum(_first(value, (name,)) or 0 for name in _APART)
    # Whether reasoning is a part of the output or stands beside it differs; the total tells.
    if reasoning and (tokens_in or 0) + (out or 0) + reasoning == _first(value, _TOTAL):
        out = (out or 0) + reasoning
    return Usage(tokens_in, out, _first(value, _READ), _first(value, _WRITTEN), reasoning)


def _first(value: Json, paths: tuple[str, ...]) -> int | None:
    """Give the first count that is there under one of the names, of which some stand one level down."""
    return next((number for path in paths if (number := count(_at(value, path))) is not None), None)


def _at(value: Json, path: str) -> Any:
    outer, _, inner = path.rpartition(".")
    return (mapping(value.get(outer)) if outer else value).get(inner)
