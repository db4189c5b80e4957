"""The language server as a process between a raw client and a scripted model server."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.fakes import ModelServer, Script
from tests.lsp_client import Json, LspClient

URI = "file:///project/a.py"
APPLY = {"workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}}


def settings_for(model: ModelServer) -> Json:
    """Settings that send both voices to the scripted model."""
    provider = {"like": "openai-compatible", "base_url": model.v1, "fim": "suffix"}
    return {
        "completion": {"model": "work/coder"},
        "chat": {"model": "work/coder"},
        "providers": {"work": provider},
    }


@asynccontextmanager
async def serving(
    script: Script,
    tmp_path: Path,
    *,
    settings: Json = None,
    capabilities: Json = None,
    answers: Mapping[str, Callable[[Json], Json]] | None = None,
    silent: Sequence[str] = (),
) -> AsyncIterator[tuple[ModelServer, LspClient]]:
    """Run a model server and the language server; the person's own settings stay out of it."""
    environ = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path), "APPDATA": str(tmp_path)}
    async with (
        ModelServer(script) as model,
        LspClient(
            settings=settings_for(model) | (settings or {}),
            capabilities=capabilities,
            answers=answers,
            silent=silent,
            environ=environ,
        ) as client,
    ):
        yield model, client
