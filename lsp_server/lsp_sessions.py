"""What a language client may ask about conversations: a row a method, in the words of the Agent Client Protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from lsp_server.chat.session import Sessions
from lsp_server.chat.session_json import modes_body, page_body
from lsp_server.editor import Editor
from lsp_server.handshake import Json, lookup

Method: TypeAlias = Callable[[Sessions, Editor, Json], Awaitable[Json]]


async def _load(sessions: Sessions, editor: Editor, params: Json) -> Json:
    session_id = _text(params, "sessionId")
    await sessions.load(session_id, editor)
    return {"modes": modes_body(sessions.mode(session_id))}


async def _list(sessions: Sessions, editor: Editor, params: Json) -> Json:
    return page_body(await sessions.list(_text(params, "cwd"), _text(params, "cursor")))


async def _fork(sessions: Sessions, editor: Editor, params: Json) -> Json:
    session_id = await sessions.fork(_text(params, "sessionId"))
    return {"sessionId": session_id, "modes": modes_body(sessions.mode(session_id))}


async def _delete(sessions: Sessions, editor: Editor, params: Json) -> Json:
    await sessions.delete(_text(params, "sessionId"))
    return {}


async def _set_title(sessions: Sessions, editor: Editor, params: Json) -> Json:
    await sessions.set_title(_text(params, "sessionId"), _text(params, "title"))
    return {}


async def _set_mode(sessions: Sessions, editor: Editor, params: Json) -> Json:
    await sessions.set_mode(_text(params, "sessionId"), _text(params, "modeId"))
    return {}


METHODS: Mapping[str, Method] = {
    "load": _load,
    "list": _list,
    "fork": _fork,
    "delete": _delete,
    "set_title": _set_title,
    "set_mode": _set_mode,
}
"""By the name behind `antiphon/session/`. Each gives the result, or raises AssistantError."""


def _text(params: Json, name: str) -> str:
    return str(lookup(params, name) or "")
