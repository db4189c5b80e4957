"""Progress of background work: shown where a client can, from beginning to end, and never in the way."""

from __future__ import annotations

import asyncio

import pytest

from lsp_server.errors import AssistantError
from lsp_server.handshake import Json
from lsp_server.progress import show_progress

pytestmark = pytest.mark.anyio


class Client:
    """A client that remembers what it is told; one that refuses says so."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.told: list[Json] = []
        self.created: list[Json] = []
        self.news = asyncio.Event()
        self._refuses = refuses

    def notify_client(self, method: str, params: Json) -> None:
        """Remember progress."""
        assert method == "$/progress"
        self.told.append(params)
        self.news.set()

    async def ask_client(self, method: str, params: Json) -> Json:
        """Make a place for progress, or refuse."""
        assert method == "window/workDoneProgress/create"
        self.created.append(params)
        self.news.set()
        if self._refuses:
            raise AssistantError("no")
        return None


async def shown(client: Client, *, can_show: bool = True) -> None:
    """Show work that is done as soon as the client has heard of it, and wait for it."""
    done = asyncio.Event()
    showing = asyncio.create_task(
        show_progress(client, "Indexing", lambda: (30, 120), lambda: _wait(done), can_show=can_show, show_after_s=0)
    )
    if can_show:
        await client.news.wait()
    done.set()
    await showing


async def _wait(done: asyncio.Event) -> None:
    await done.wait()


async def test_progress_begins_and_ends() -> None:
    """With one token that was announced before, and how far the work is."""
    client = Client()
    await shown(client)
    assert {params["token"] for params in client.told} == {client.created[0]["token"]}
    values = [params["value"] for params in client.told]
    begin = {"kind": "begin", "title": "Indexing", "message": "30 of 120 files", "percentage": 25}
    assert values[0] == begin
    assert values[-1] == {"kind": "end"}


@pytest.mark.parametrize(("refuses", "can_show"), [(True, True), (False, False)])
async def test_work_goes_on_where_progress_cannot_be_shown(refuses: bool, can_show: bool) -> None:
    """A client that will not have it, or does not know it, is told nothing."""
    client = Client(refuses=refuses)
    await shown(client, can_show=can_show)
    assert client.told == []
    assert len(client.created) == int(can_show)


async def test_work_ends_when_nobody_waits_for_it_any_more() -> None:
    """A server that ends takes its work along, and tells the client that it is over."""
    client, ended = Client(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    showing = asyncio.create_task(
        show_progress(client, "Indexing", lambda: (0, 0), work, can_show=True, show_after_s=0)
    )
    await client.news.wait()
    client.news.clear()
    await client.news.wait()
    showing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await showing
    assert ended.is_set()
    assert client.told[-1]["value"] == {"kind": "end"}
