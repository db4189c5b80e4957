"""Conversations: streaming, memory, and every way in which a turn can end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from context.text import Document
from context.workspace import Workspace
from lsp_server.chat.attach import Sources
from lsp_server.chat.blocks import ContentBlock, ResourceLink, TextBlock
from lsp_server.chat.prompt import system_prompt
from lsp_server.chat.session import Sessions, TurnEnd
from lsp_server.chat.tool_runs import Workbench
from lsp_server.chat.voice import Reply, reply
from lsp_server.editor import AgentMessageChunk, AgentThoughtChunk, UsageUpdate
from lsp_server.errors import AssistantError, ContextOverflow, Overloaded
from lsp_server.models.messages import ChatRequest, Finished, ReasoningDelta, StopReason, StreamEvent, TextDelta, Usage
from lsp_server.tools.permission import Policy
from lsp_server.tools.tool import ToolContext
from tests.chat.scripted import ScriptedModel, Step, said
from tests.fake_editor import FakeEditor

pytestmark = pytest.mark.anyio

NO_TOOLS = Workbench({}, lambda folder, editor: ToolContext(Workspace(), (folder,), editor, {}), Policy, lambda: True)


class Conversation:
    """One session over a scripted model, driven by words."""

    def __init__(self, *scripts: list[Step], instructions: str = "", window_tokens: int = 10_000) -> None:
        self.model = ScriptedModel(*scripts)
        self.voice = self.model.voice(window_tokens, instructions=instructions)
        self.sessions = Sessions(lambda: self.voice, lambda folder: Sources(Workspace(), folder), NO_TOOLS)
        self.id = ""
        self.editor = FakeEditor(Document.of("file:///p/a.py", "python", 1, "x = 1\n"))

    async def begin(self) -> None:
        self.id = await self.sessions.new("/project")

    async def ask(self, words: str, *links: str) -> TurnEnd:
        if not self.id:
            await self.begin()
        blocks: list[ContentBlock] = [TextBlock(words), *map(ResourceLink, links)]
        return await self.sessions.prompt(self.id, blocks, self.editor)

    def sent(self, request: int = -1) -> list[tuple[str, str]]:
        """Give role and text of each message of a request, without the system prompt."""
        return [(message.role, message.text) for message in self.model.requests[request].messages[1:]]


async def test_an_answer_streams_as_updates() -> None:
    """Each piece is told as it comes, reasoning apart from the answer, and the tokens at the end."""
    talk = Conversation([ReasoningDelta("Hm."), *said("Hel", "lo.", usage=Usage(40, 2))])
    assert await talk.ask("Hi?") == "end_turn"
    assert talk.editor.updates == [
        AgentThoughtChunk(talk.id, "Hm."),
        AgentMessageChunk(talk.id, "Hel"),
        AgentMessageChunk(talk.id, "lo."),
        UsageUpdate(talk.id, 42, 10_000),
    ]
    assert talk.model.closed == 1


async def test_a_conversation_has_a_memory() -> None:
    """A question is sent with the questions and answers before it."""
    talk = Conversation(said("Blue."), said("Yes."))
    await talk.ask("Which colour?")
    await talk.ask("Sure?")
    assert talk.sent() == [("user", "Which colour?"), ("assistant", "Blue."), ("user", "Sure?")]


async def test_conversations_do_not_mix() -> None:
    """A new conversation knows nothing of another one."""
    talk = Conversation(said("Blue."), said("What?"))
    await talk.ask("Which colour?")
    await talk.begin()
    await talk.ask("Sure?")
    assert talk.sent() == [("user", "Sure?")]


async def test_an_attached_file_goes_along_unsaved() -> None:
    """The text comes from the editor, and stays in the memory as it was sent."""
    talk = Conversation(said("One."), said("Still."))
    await talk.ask("What is x in", "file:///p/a.py#L1")
    first = talk.sent()[0][1]
    assert "```python\nx = 1\n```" in first
    talk.editor.documents["file:///p/a.py"] = Document.of("file:///p/a.py", "python", 2, "x = 2\n")
    await talk.ask("And now?")
    assert talk.sent()[0][1] == first


async def test_instructions_hold_from_the_next_question_on() -> None:
    """The settings are asked for anew at each prompt."""
    talk = Conversation(said("Yes."), said("Ie."))
    await talk.ask("Is it?")
    talk.voice = talk.model.voice(instructions="Answer in Welsh.")
    await talk.ask("Is it?")
    systems = [request.messages[0].text for request in talk.model.requests]
    assert systems == [system_prompt(), system_prompt("Answer in Welsh.")]


@pytest.mark.parametrize(
    ("reason", "turn_end"),
    [
        ("end_turn", "end_turn"),
        ("stop_sequence", "end_turn"),
        ("tool_use", "end_turn"),
        ("unknown", "end_turn"),
        ("max_tokens", "max_tokens"),
        ("refusal", "refusal"),
    ],
)
async def test_the_turn_says_why_it_ended(reason: StopReason, turn_end: TurnEnd) -> None:
    """A model's reason becomes the protocol's."""
    assert await Conversation([TextDelta("Well."), Finished(reason)]).ask("Hm?") == turn_end


async def test_a_refused_question_is_forgotten() -> None:
    """It would be refused again with every question after it."""
    talk = Conversation([TextDelta("I cannot."), Finished("refusal")], said("Sure."))
    await talk.ask("Do evil.")
    await talk.ask("Do good.")
    assert talk.sent() == [("user", "Do good.")]


async def test_a_cancel_keeps_the_partial_answer() -> None:
    """However often the key is pressed: the model's stream is closed, and the next question knows what was said."""
    talk = Conversation([TextDelta("One, two"), asyncio.Event()], said("Three."))
    turn = asyncio.create_task(talk.ask("Count."))
    await talk.model.waiting.wait()
    talk.sessions.cancel(talk.id)
    talk.sessions.cancel(talk.id)
    assert await turn == "cancelled"
    assert talk.model.closed == 1
    assert isinstance(talk.editor.updates[-1], UsageUpdate)
    assert await talk.ask("Go on.") == "end_turn"
    assert talk.sent() == [("user", "Count."), ("assistant", "One, two"), ("user", "Go on.")]


async def test_a_cancel_before_any_answer_leaves_no_trace() -> None:
    """A question that got no answer is not in the history: roles go on alternating."""
    talk = Conversation([asyncio.Event()], said("Hello."))
    turn = asyncio.create_task(talk.ask("Are you there?"))
    await talk.model.waiting.wait()
    talk.sessions.cancel(talk.id)
    assert await turn == "cancelled"
    await talk.ask("Now?")
    assert talk.sent() == [("user", "Now?")]


async def test_a_cancel_does_not_wait_for_a_stream_that_will_not_close() -> None:
    """The person gets their prompt back although the connection hangs; what it does later harms nobody."""
    close, closing = asyncio.Event(), asyncio.Event()
    talk = Conversation([TextDelta("One"), asyncio.Event()])

    async def hanging(request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        try:
            async for event in talk.model.ask(request):
                yield event
        finally:
            closing.set()
            await close.wait()
            raise Overloaded("The endpoint failed while it was closed.")

    talk.voice = replace(talk.voice, ask=hanging)
    turn = asyncio.create_task(talk.ask("Count."))
    await talk.model.waiting.wait()
    talk.sessions.cancel(talk.id)
    assert await turn == "cancelled"
    assert closing.is_set()
    close.set()


async def test_a_cancelled_request_leaves_with_its_stream_closed() -> None:
    """A cancelled task is no quiet end: the error leaves, and the partial answer is kept."""
    talk = Conversation([TextDelta("One, two"), asyncio.Event()], said("Three."))
    turn = asyncio.create_task(talk.ask("Count."))
    await talk.model.waiting.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert talk.model.closed == 1
    await talk.ask("Go on.")
    assert talk.sent() == [("user", "Count."), ("assistant", "One, two"), ("user", "Go on.")]


async def test_a_model_that_fails_in_mid_answer_leaves_what_it_said() -> None:
    """The error is raised, and the history stays valid."""
    talk = Conversation([TextDelta("One, "), Overloaded("The endpoint is overloaded: try later.")], said("Two."))
    with pytest.raises(Overloaded, match="try later"):
        await talk.ask("Count.")
    assert isinstance(talk.editor.updates[-1], UsageUpdate)
    await talk.ask("Go on.")
    assert talk.sent() == [("user", "Count."), ("assistant", "One, "), ("user", "Go on.")]


async def test_a_model_that_fails_at_once_leaves_no_trace() -> None:
    """The question can be asked again, and stands in the history once."""
    talk = Conversation([Overloaded("Try later.")], said("Two."))
    with pytest.raises(Overloaded):
        await talk.ask("One and one?")
    await talk.ask("One and one?")
    assert talk.sent() == [("user", "One and one?")]


CIRCLE = "It is named area because it gives the area of a thing. "


async def test_an_answer_that_goes_round_in_circles_is_ended() -> None:
    """The stream is closed, the person is told, and the memory holds what was said once."""
    talk = Conversation(said("Well. ", *[CIRCLE] * 9), said("Fine."))
    assert await talk.ask("What is it?") == "end_turn"
    assert talk.editor.answer == "Well. " + CIRCLE * 5 + "\n\n*The answer went round in circles and was ended.*"
    assert talk.model.closed == 1
    await talk.ask("And?")
    assert talk.sent()[1] == ("assistant", "Well. " + CIRCLE.rstrip())


async def test_unknown_usage_is_estimated() -> None:
    """A model that does not count its tokens is counted for."""
    talk = Conversation(said("Hello.", usage=Usage()))
    await talk.ask("Hi?")
    assert talk.editor.updates[-1] == UsageUpdate(talk.id, len(system_prompt()) + 8 + len("Hi?") + 8 + 6, 10_000)


async def test_a_second_prompt_while_one_runs_is_refused() -> None:
    """Answers of one conversation never mingle; the first one goes on undisturbed."""
    go_on = asyncio.Event()
    talk = Conversation([TextDelta("One"), go_on, *said(", two.")])
    turn = asyncio.create_task(talk.ask("Count."))
    await talk.model.waiting.wait()
    with pytest.raises(AssistantError, match="still answering"):
        await talk.ask("Hurry.")
    go_on.set()
    assert await turn == "end_turn"
    assert talk.editor.answer == "One, two."


async def test_a_cancel_when_nothing_runs_is_nothing() -> None:
    """Pressing the key twice does no harm to the next question."""
    talk = Conversation(said("Yes."))
    await talk.begin()
    talk.sessions.cancel(talk.id)
    assert await talk.ask("Still there?") == "end_turn"


async def test_an_unknown_conversation_is_refused() -> None:
    """A client that kept an id over a restart is told to start anew."""
    talk = Conversation()
    talk.id = "gone"
    with pytest.raises(AssistantError, match="start a new one"):
        await talk.ask("Hello?")
    with pytest.raises(AssistantError, match="start a new one"):
        talk.sessions.cancel("gone")


async def test_a_prompt_that_is_refused_leaves_the_conversation_usable() -> None:
    """Nothing was asked of the model, and the next question goes through."""
    talk = Conversation(said("Yes."), window_tokens=2_000)
    with pytest.raises(AssistantError, match="no question"):
        await talk.ask(" ")
    with pytest.raises(ContextOverflow):
        await talk.ask("?" * 2_000)
    assert await talk.ask("Better?") == "end_turn"
    assert len(talk.model.requests) == 1


async def test_a_whole_answer_can_be_awaited() -> None:
    """For commands: the text in one piece without the reasoning, and the stream closed."""
    model = ScriptedModel([ReasoningDelta("Hm."), *said("Hel", "lo.")])
    voice = model.voice(max_tokens=7)
    answer = await reply(voice, voice.request(()))
    assert answer == Reply("Hello.", "end_turn", Usage(10, 5))
    assert (model.closed, model.requests[0].max_tokens) == (1, 7)


async def test_a_whole_answer_ends_where_it_goes_round_in_circles() -> None:
    """What would be said again and again is not waited for."""
    model = ScriptedModel(said("Well. ", *[CIRCLE] * 9))
    voice = model.voice()
    answer = await reply(voice, voice.request(()))
    assert answer == Reply("Well. " + CIRCLE.rstrip(), "unknown", Usage())
    assert model.closed == 1
