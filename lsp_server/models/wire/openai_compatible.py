"""The OpenAI dialect as most other servers speak it: a chat answer is still bounded by `max_tokens`.

Its successor `max_completion_tokens` is silently ignored by some of them, and the models of the vendor refuse the old
name: hence two dialects.
"""

from __future__ import annotations

from lsp_server.models.messages import Endpoint, HttpRequest, ModelRequest
from lsp_server.models.wire import openai
from lsp_server.models.wire.openai import decoder

__all__ = ["decoder", "encode"]


def encode(request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
    """Give the HTTP request."""
    return openai.encode(request, endpoint, chat_limit="max_tokens")
