"""Progress of work in the background, shown the way an editor shows it (LSP 3.17, "Work Done Progress")."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Protocol

from lsp_server.errors import AssistantError
from lsp_server.handshake import Json

logger = logging.getLogger(__name__)

# What is done sooner need not be shown, and more often than this nobody looks.
_SHOW_AFTER_S = 0.5
_EVERY_S = 0.5


class Channel(Protocol):
    """How messages reach the client."""

    def notify_client(self, method: str, params: Json) -> None:
        """Send a notification."""

    async def ask_client(self, method: str, params: Json) -> Json:
        """Send a request and give its result. Raises AssistantError when the client answers with an error."""


async def show_progress(
    channel: Channel,
    title: str,
    progress: Callable[[], tuple[int, int]],
    finished: Callable[[], Awaitable[None]],
    *,
    can_show: bool,
    show_after_s: float = _SHOW_AFTER_S,
) -> None:
    """Show how far some work is, as `progress` gives it (done, of how many), until `finished` returns.

    A client that cannot show it (`can_show`), or will not, is not told; the work is waited for all the same.
    """
    work = asyncio.ensure_future(finished())
    try:
        await asyncio.wait([work], timeout=show_after_s)
        if not work.done() and can_show:
            await _show(channel, title, progress, work)
        await work
    finally:
        work.cancel()
        await asyncio.wait([work])


async def _show(
    channel: Channel, title: str, progress: Callable[[], tuple[int, int]], work: asyncio.Future[None]
) -> None:
    token = f"antiphon-{uuid.uuid4().hex[:12]}"
    try:
        await channel.ask_client("window/workDoneProgress/create", {"token": token})
    except AssistantError as error:
        logger.info("progress is not shown: %s", error)
        return

    def tell(kind: str, **more: Json) -> None:
        channel.notify_client("$/progress", {"token": token, "value": {"kind": kind, **more}})

    tell("begin", title=title, **_told(*progress()))
    try:
        while not work.done():
            await asyncio.wait([work], timeout=_EVERY_S)
            tell("report", **_told(*progress()))
    finally:
        tell("end")


def _told(done: int, total: int) -> dict[str, Json]:
    return {"message": f"{done:,} of {total:,} files", "percentage": done * 100 // total} if total else {}
