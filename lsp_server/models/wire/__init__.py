"""Wire dialects, one module each, without input or output: encode a request, decode a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from lsp_server.models.messages import Endpoint, HttpRequest, ModelRequest
from lsp_server.models.wire import anthropic, gemini, llamacpp, mistral, ollama, openai, openai_compatible, responses
from lsp_server.models.wire.exchange import Decoder


class Dialect(Protocol):
    """What a dialect module offers."""

    def encode(self, request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
        """Give the HTTP request that asks an endpoint."""

    def decoder(self, request: ModelRequest, endpoint: Endpoint | None = None) -> Decoder:
        """Give a decoder for the response to this request; `endpoint` is named in its errors."""


DIALECTS: Mapping[str, Dialect] = {
    "openai": openai,
    "openai-compatible": openai_compatible,
    "responses": responses,
    "anthropic": anthropic,
    "gemini": gemini,
    "llamacpp": llamacpp,
    "ollama": ollama,
    "mistral": mistral,
}
