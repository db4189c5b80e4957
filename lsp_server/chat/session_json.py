"""What is told about sessions, in the JSON of the Agent Client Protocol: their modes, and lists of them.

https://agentclientprotocol.com/protocol/session-modes
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lsp_server.chat.segment import SessionRow
from lsp_server.chat.store import Page
from lsp_server.chat.tool_runs import Mode

_MODES: Mapping[Mode, tuple[str, str]] = {
    "ask": ("Ask", "Tools only read."),
    "agent": ("Agent", "Tools may also change things; you are asked first."),
}


def modes_body(mode: Mode) -> dict[str, Any]:
    """Give the `modes` of a session in which this one holds."""
    modes = [{"id": each, "name": name, "description": told} for each, (name, told) in _MODES.items()]
    return {"currentModeId": mode, "availableModes": modes}


def page_body(page: Page) -> dict[str, Any]:
    """Give the result of a `session/list`."""
    return {"sessions": list(map(_row, page.sessions)), **({"nextCursor": page.cursor} if page.cursor else {})}


def _row(row: SessionRow) -> dict[str, Any]:
    updated = datetime.fromtimestamp(row.updated_s, UTC).isoformat()
    return {"sessionId": row.id, "cwd": row.cwd, "title": row.title, "updatedAt": updated}
