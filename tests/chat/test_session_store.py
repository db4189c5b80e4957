"""Conversations that are kept: gone on with after a restart, listed, forked, named and deleted."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from lsp_server.chat.store import Store
from lsp_server.chat.updates import body_of
from lsp_server.editor import Replayed
from lsp_server.errors import AssistantError, ContextOverflow
from lsp_server.models.messages import Finished, TextDelta
from tests.chat.scripted import Step, asks_for, said
from tests.chat.talk import Talk
from tests.fake_editor import FakeEditor

pytestmark = pytest.mark.anyio

READ = ("read_file", {"path": "a.py"})


@asynccontextmanager
async def kept(folder: Path, *scripts: list[Step], tell: Callable[[str], None] = print) -> AsyncIterator[Talk]:
    """Run a process of its own over the store in a folder."""
    talk = Talk(folder, *scripts, store=Store(folder / "conversations.db", tell=tell))
    try:
        yield talk
    finally:
        await talk.sessions.aclose()


def shown(editor: FakeEditor) -> Iterator[str]:
    """Give what was replayed, a line each."""
    for update in editor.updates:
        assert isinstance(update, Replayed)
        body = body_of(update)
        content = body.get("content")
        text = content["text"] if isinstance(content, dict) else body.get("title", body.get("status"))
        yield f"{body['sessionUpdate']}: {text}"


async def test_a_conversation_goes_on_after_a_restart(tmp_path: Path) -> None:
    """All that happened is shown again, and the model knows it."""
    async with kept(tmp_path, asks_for(READ), said("One.")) as talk:
        await talk.ask("What is x?")
    async with kept(tmp_path, said("Sure.")) as later:
        await later.sessions.load(talk.id, later.editor)
        assert list(shown(later.editor)) == [
            "user_message_chunk: What is x?",
            "tool_call: read_file",
            "tool_call_update: completed",
            "agent_message_chunk: One.",
        ]
        later.id = talk.id
        await later.ask("Sure?")
        assert [role for role, _ in later.texts()] == ["user", "assistant", "user", "assistant", "user"]
        assert "x = 1" in later.results()[0].text


async def test_a_conversation_is_listed_by_its_question(tmp_path: Path) -> None:
    """Its first question is its title until the person gives another one; without a question it is not listed."""
    async with kept(tmp_path, said("One."), said("Two.")) as talk:
        await talk.ask("What is x?")
        await talk.ask("And y?")
        await talk.sessions.new("/elsewhere")
        (row,) = (await talk.sessions.list()).sessions
        assert (row.id, row.title, row.cwd) == (talk.id, "What is x?", str(talk.root))
        await talk.sessions.set_title(talk.id, "About x")
        assert [row.title for row in (await talk.sessions.list(str(talk.root))).sessions] == ["About x"]
    async with kept(tmp_path) as later:
        await later.sessions.set_title(talk.id, "About x and y")
        assert [row.title for row in (await later.sessions.list()).sessions] == ["About x and y"]


async def test_a_fork_goes_its_own_way(tmp_path: Path) -> None:
    """It knows what was said before, and the first conversation nothing of what is said in it."""
    async with kept(tmp_path, said("Blue."), said("Fork."), said("First.")) as talk:
        await talk.ask("Which colour?")
        first = talk.id
        talk.id = await talk.sessions.fork(first)
        await talk.ask("In the fork?")
        assert talk.texts()[:2] == [("user", "Which colour?"), ("assistant", "Blue.")]
        talk.id = first
        await talk.ask("In the first?")
        assert [text for _, text in talk.texts()] == ["Which colour?", "Blue.", "In the first?"]


async def test_a_deleted_conversation_is_gone(tmp_path: Path) -> None:
    """One that is answering is stopped, and what it was about to keep is not kept."""
    async with kept(tmp_path, said("One."), [TextDelta("Two"), asyncio.Event()]) as talk:
        await talk.ask("What is x?")
        turn = asyncio.create_task(talk.ask("And y?"))
        await talk.model.waiting.wait()
        with pytest.raises(AssistantError, match="still answering"):
            await talk.sessions.load(talk.id, talk.editor)
        await talk.sessions.delete(talk.id)
        assert await turn == "cancelled"
        assert (await talk.sessions.list()).sessions == ()
        with pytest.raises(AssistantError, match="start a new one"):
            await talk.ask("Hello?")
        with pytest.raises(AssistantError):
            await talk.sessions.load(talk.id, talk.editor)


async def test_what_a_tool_is_about_to_do_is_kept_before_it_does_it(tmp_path: Path) -> None:
    """A process that is killed in the middle of a tool leaves a conversation that can go on."""
    async with AsyncExitStack() as stack:
        talk = await stack.enter_async_context(kept(tmp_path, asks_for(("run_command", {"command": "touch made"}))))
        later = await stack.enter_async_context(kept(tmp_path, said("Let me look.")))

        class Killed(FakeEditor):
            """Another process looks into the store while the person is asked."""

            async def request_permission(self, asked: object) -> None:
                """Go on with the conversation elsewhere."""
                await later.sessions.load(talk.id, later.editor)

        talk.editor = Killed()
        with pytest.raises(IndexError):  # the script has no more answers
            await talk.ask("Make it.")
        later.id = talk.id
        await later.ask("And?")
        (result,) = later.results()
        assert "was interrupted" in result.text


@pytest.mark.parametrize("calls", [[], [READ]])
async def test_a_refused_question_is_not_kept(tmp_path: Path, calls: list[tuple[str, dict[str, str]]]) -> None:
    """Not even when tools ran for it: it would be refused again after every restart."""
    refusal: list[Step] = [TextDelta("I cannot."), Finished("refusal")]
    scripts = [asks_for(each) for each in calls]
    async with kept(tmp_path, said("Hello."), *scripts, refusal, said("Sure.")) as talk:
        await talk.ask("Hi.")
        assert await talk.ask("Do evil.") == "refusal"
        await talk.ask("Do good.")
        assert [text for _, text in talk.texts()] == ["Hi.", "Hello.", "Do good."]
    async with kept(tmp_path) as later:
        await later.sessions.load(talk.id, later.editor)
        assert list(shown(later.editor)) == [
            "user_message_chunk: Hi.",
            "agent_message_chunk: Hello.",
            "user_message_chunk: Do good.",
            "agent_message_chunk: Sure.",
        ]


async def test_a_cancelled_turn_is_kept_once(tmp_path: Path) -> None:
    """With its partial answer, whatever was being stored at that moment."""
    script: list[Step] = [*asks_for(READ)]
    async with kept(tmp_path, script, [TextDelta("One, "), asyncio.Event()]) as talk:
        turn = asyncio.create_task(talk.ask("Count."))
        await talk.model.waiting.wait()
        talk.sessions.cancel(talk.id)
        assert await turn == "cancelled"
    async with kept(tmp_path) as later:
        await later.sessions.load(talk.id, later.editor)
        assert [line for line in shown(later.editor) if "chunk" in line] == [
            "user_message_chunk: Count.",
            "agent_message_chunk: One, ",
        ]


async def test_what_is_being_stored_at_a_cancel_is_stored_once(tmp_path: Path) -> None:
    """A slow disk is no reason for a question to stand in the conversation twice."""
    is_armed, is_storing, goes_on = threading.Event(), threading.Event(), threading.Event()

    def clock() -> float:
        if is_armed.is_set():
            is_storing.set()
            goes_on.wait()
        return time.time()

    store = Store(tmp_path / "conversations.db", clock=clock)
    talk = Talk(tmp_path, asks_for(READ), store=store)
    await talk.begin()
    is_armed.set()
    turn = asyncio.create_task(talk.ask("Count."))
    await asyncio.to_thread(is_storing.wait)
    talk.sessions.cancel(talk.id)
    asyncio.get_running_loop().call_soon(goes_on.set)
    assert await turn == "cancelled"
    await talk.sessions.aclose()
    async with kept(tmp_path) as later:
        await later.sessions.load(talk.id, later.editor)
        assert [line for line in shown(later.editor) if "user" in line] == ["user_message_chunk: Count."]


async def test_a_summary_is_kept_and_nothing_is_lost(tmp_path: Path) -> None:
    """After a restart the model is sent the summary, and the person sees everything."""
    long = "b" * 30_000
    first: list[list[Step]] = [said(f"Blue. {long}"), said("Yes.")]
    scripts: list[list[Step]] = [*first, [ContextOverflow("Too long.")], said("## Goal\n- The colour"), said("Quite.")]
    async with kept(tmp_path, *scripts) as talk:
        await talk.ask("Which colour?")
        await talk.ask("Sure?")
        await talk.ask("Quite sure?")
    async with kept(tmp_path, said("Very.")) as later:
        await later.sessions.load(talk.id, later.editor)
        assert any(long in line for line in shown(later.editor))
        later.id = talk.id
        await later.ask("Very sure?")
        texts = [text for _, text in later.texts()]
        assert "The colour" in texts[0]
        assert not any(long in text for text in texts)
        assert texts[-2:] == ["Quite.", "Very sure?"]


async def test_a_store_that_cannot_be_opened_is_told_once(tmp_path: Path) -> None:
    """The conversation goes on in memory, and can be listed and loaded as long as the process lives."""
    told: list[str] = []
    (tmp_path / "conversations.db").mkdir()
    async with kept(tmp_path, said("Blue."), said("Yes."), tell=told.append) as talk:
        await talk.ask("Which colour?")
        await talk.ask("Sure?")
        assert [text for _, text in talk.texts()] == ["Which colour?", "Blue.", "Sure?"]
        assert len(told) == 1


async def test_the_mode_is_kept(tmp_path: Path) -> None:
    """A conversation that may only read stays one."""
    async with kept(tmp_path, said("One.")) as talk:
        await talk.begin()
        await talk.sessions.set_mode(talk.id, "ask")
        await talk.ask("What is x?")
    async with kept(tmp_path) as later:
        await later.sessions.load(talk.id, later.editor)
        assert later.sessions.mode(talk.id) == "ask"


async def test_without_a_store_there_is_nothing_to_choose_from(tmp_path: Path) -> None:
    """And that is said."""
    talk = Talk(tmp_path)
    with pytest.raises(AssistantError, match="not kept here"):
        await talk.sessions.list()
