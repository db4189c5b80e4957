"""Conversations with tools: what the model is offered, what the person sees and is asked, and how a turn ends."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server.chat.updates import body_of
from lsp_server.editor import PermissionAnswer, PermissionRequest
from lsp_server.errors import AssistantError, ContextOverflow, ModelError, Overloaded
from lsp_server.models.messages import Finished, TextDelta, ToolCall, ToolCallDone
from lsp_server.tools.tool import Action, Arguments, ToolContext
from lsp_server.tools.toolbox import TOOLS
from tests.chat.scripted import Step, asks_for, said
from tests.chat.talk import Talk
from tests.fake_editor import FakeEditor

pytestmark = pytest.mark.anyio

READ = ("read_file", {"path": "a.py"})
WRITE = ("create_file", {"path": "b.py", "text": "y = 2\n"})
SLEEP = ("run_command", {"command": "exec 3>pipe; echo asleep >&3; sleep 600"})


async def test_a_model_reads_a_file_and_answers(tmp_path: Path) -> None:
    """The call runs, its result goes back to the model, and the person sees a card from beginning to end."""
    talk = Talk(tmp_path, asks_for(READ, text="Let me see. "), said("x is one."))
    assert await talk.ask("What is x?") == "end_turn"
    assert talk.editor.answer == "Let me see. x is one."
    (result,) = talk.results()
    assert "x = 1" in result.text
    assert not result.is_error
    assert talk.cards() == [
        "read_file-0 pending read_file a.py",
        "read_file-0 in_progress Read a.py",
        "read_file-0 completed",
    ]
    assert talk.editor.asked == []
    assert "You have tools" in talk.model.requests[0].messages[0].text


async def test_what_tools_gave_is_remembered(tmp_path: Path) -> None:
    """The next question is sent with the calls before it and their results."""
    talk = Talk(tmp_path, asks_for(READ), said("One."), said("Sure."))
    await talk.ask("What is x?")
    await talk.ask("Sure?")
    assert [message.role for message in talk.sent()] == ["user", "assistant", "user", "assistant", "user"]
    assert len(talk.results()) == 1


async def test_calls_that_read_run_beside_each_other(tmp_path: Path) -> None:
    """The second is done while the first still searches, and the results keep the order of the calls."""
    talk = Talk(tmp_path, asks_for(("grep", {"pattern": "x"}), READ), said("Well."))
    await talk.ask("What is there?")
    assert talk.cards()[-2:] == ["read_file-1 completed", "grep-0 completed"]
    assert [result.call_id for result in talk.results()] == ["grep-0", "read_file-1"]


async def test_a_model_that_calls_no_tools_is_offered_none(tmp_path: Path) -> None:
    """Nor is a model whose window the tools alone would fill by half."""
    for tools, window_tokens in ((False, 100_000), (True, 6_000)):
        talk = Talk(tmp_path, said("Hello."))
        talk.voice = talk.model.voice(window_tokens, tools=tools)
        await talk.ask("Hi?")
        assert talk.model.requests[0].tools == ()
        assert "You have tools" not in talk.model.requests[0].messages[0].text


async def test_the_mode_ask_only_reads(tmp_path: Path) -> None:
    """A tool that would change something is not offered, and not run when it is asked for all the same."""
    talk = Talk(tmp_path, asks_for(WRITE), said("I may not."))
    await talk.begin()
    await talk.sessions.set_mode(talk.id, "ask")
    await talk.ask("Make b.py.")
    offered = {spec.name for spec in talk.model.requests[0].tools}
    assert "read_file" in offered
    assert not offered & {"edit", "create_file", "delete_file", "rename_file", "run_command", "run_tests", "fetch_url"}
    assert "There is no tool 'create_file'" in talk.results()[0].text
    assert talk.editor.asked == []
    with pytest.raises(AssistantError, match="choose one of ask, agent"):
        await talk.sessions.set_mode(talk.id, "yolo")


@pytest.mark.parametrize(
    ("answer", "is_done", "said_to_model"),
    [("once", True, ""), ("no", False, "The person did not allow it"), (None, False, "Nobody has answered")],
)
async def test_a_command_runs_when_the_person_says_yes(
    tmp_path: Path, answer: PermissionAnswer | None, is_done: bool, said_to_model: str
) -> None:
    """The person is asked about the very command; every other answer than yes, and none, is no."""
    talk = Talk(tmp_path, asks_for(("run_command", {"command": "touch made"})), said("Well."))
    talk.editor.answer_to_permission = answer
    await talk.ask("Make it.")
    (asked,) = talk.editor.asked
    assert (asked.session_id, asked.call_id) == (talk.id, "run_command-0")
    assert asked.request.command is not None
    assert asked.request.command.text == "touch made"
    assert (talk.root / "made").exists() is is_done
    assert said_to_model in talk.results()[0].text
    assert talk.cards()[-1] == f"run_command-0 {'completed' if is_done else 'failed'}"
    assert any(" in_progress " in card for card in talk.cards()) is is_done


async def test_an_answer_for_the_conversation_holds_for_exactly_that(tmp_path: Path) -> None:
    """The same command is not asked again, another one is."""
    touch, other = ("run_command", {"command": "touch made"}), ("run_command", {"command": "touch other"})
    talk = Talk(tmp_path, asks_for(touch), said("Made."), asks_for(touch), asks_for(other), said("Made."))
    talk.editor.answer_to_permission = "session"
    await talk.ask("Make it.")
    await talk.ask("And again, and another.")
    assert [each.request.command.text for each in talk.editor.asked if each.request.command] == [
        "touch made",
        "touch other",
    ]


async def test_a_plan_is_shown(tmp_path: Path) -> None:
    """As the protocol's plan, with each step's status."""
    entries = [{"content": "Look", "status": "completed"}, {"content": "Mend", "status": "pending"}]
    talk = Talk(tmp_path, asks_for(("plan", {"entries": entries})), said("Done."))
    await talk.ask("Mend it.")
    (plan,) = [body for update in talk.editor.updates if (body := body_of(update))["sessionUpdate"] == "plan"]
    assert [(each["content"], each["status"]) for each in plan["entries"]] == [
        ("Look", "completed"),
        ("Mend", "pending"),
    ]


async def test_a_cancel_ends_what_runs(tmp_path: Path) -> None:
    """The command's process is gone, its card and its result say so, and the next question is a valid one."""
    talk = Talk(tmp_path, asks_for(SLEEP, READ, text="I sleep."), said("I am awake."))
    os.mkfifo(talk.root / "pipe")
    talk.editor.answer_to_permission = "once"
    turn = asyncio.create_task(talk.ask("Sleep."))
    with await asyncio.to_thread((talk.root / "pipe").open) as pipe:
        assert await asyncio.to_thread(pipe.readline) == "asleep\n"
        talk.sessions.cancel(talk.id)
        assert await turn == "cancelled"
        assert talk.cards()[-1] == "run_command-0 failed"
        # The pipe ends when the last process that could write into it has.
        assert await asyncio.to_thread(pipe.read) == ""
    await talk.ask("And now?")
    interrupted, not_run = talk.results()
    assert "not known; look before you go on" in interrupted.text
    assert "was not run: the person cancelled" in not_run.text
    assert talk.editor.answer == "I sleep.I am awake."


class Thinking(FakeEditor):
    """A person who thinks for long about what they are asked."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def request_permission(self, asked: PermissionRequest) -> PermissionAnswer | None:
        """Answer yes when told to."""
        self.is_asked.set()
        await self.goes_on.wait()
        return "once"


async def test_a_cancel_ends_a_question_that_nobody_answers(tmp_path: Path) -> None:
    """Nothing is done, whatever the person answers later."""
    person = Thinking()
    talk = Talk(tmp_path, asks_for(("run_command", {"command": "touch made"})), said("Well."), editor=person)
    turn = asyncio.create_task(talk.ask("Make it."))
    await person.is_asked.wait()
    talk.sessions.cancel(talk.id)
    assert await turn == "cancelled"
    person.goes_on.set()
    await talk.ask("And?")
    assert not (talk.root / "made").exists()


async def test_a_model_that_fails_behind_its_tools_leaves_what_was_done(tmp_path: Path) -> None:
    """The error is raised, and the results are there for the next question."""
    talk = Talk(tmp_path, asks_for(READ), [Overloaded("Try later.")], said("One."))
    with pytest.raises(Overloaded):
        await talk.ask("What is x?")
    await talk.ask("Once more?")
    assert "x = 1" in talk.results()[0].text
    assert talk.sent()[-1].text.endswith("Once more?")


async def test_a_conversation_that_is_too_long_is_summed_up_and_sent_once_more(tmp_path: Path) -> None:
    """The summary stands for the older messages, and the person gets their answer."""
    talk = Talk(
        tmp_path,
        said("Blue. " + "b" * 30_000),
        said("Yes."),
        [ContextOverflow("The prompt is too long.")],
        said("## Goal\n- Find the colour\n## Decisions\n- It is blue"),
        said("Quite."),
    )
    await talk.ask("Which colour?")
    await talk.ask("Sure?")
    assert await talk.ask("Quite sure?") == "end_turn"
    assert talk.model.requests[3].messages[0].text.startswith("Sum up the conversation")
    first = talk.texts()[0][1]
    assert "It is blue" in first
    assert "Which colour?" in first
    assert not any("b" * 5_000 in text for _, text in talk.texts())
    assert talk.texts()[-1][1] == "Quite sure?"


async def test_an_overflow_that_nothing_helps_against_is_told(tmp_path: Path) -> None:
    """A question alone cannot be shortened, and is not sent twice."""
    talk = Talk(tmp_path, [ContextOverflow("Too long.")])
    with pytest.raises(ContextOverflow):
        await talk.ask("Why?")
    assert len(talk.model.requests) == 1


async def test_a_full_window_is_summed_up_before_it_overflows(tmp_path: Path) -> None:
    """Nothing of the conversation is dropped without a word when the model can work with tools."""
    long = "z" * 30_000
    talk = Talk(tmp_path, *[said(f"{n} {long}") for n in range(3)], said("## Done\n- Counted to 2"), said("Three."))
    for _ in range(3):
        await talk.ask("Go on.")
    assert await talk.ask("And?") == "end_turn"
    assert "Counted to 2" in talk.texts()[0][1]


_STEPS = st.one_of(
    st.builds(TextDelta, st.sampled_from(["One. ", "Two. ", " "])),
    st.builds(lambda at, path: ToolCallDone(_call(at, path)), st.integers(0, 2), st.sampled_from(["a.py", "none"])),
    st.just(Overloaded("Try later.")),
)
_ENDS = st.sampled_from([Finished("end_turn"), Finished("tool_use"), Finished("max_tokens"), Finished("refusal")])
_SCRIPTS = st.lists(st.tuples(st.lists(_STEPS, max_size=4), _ENDS), min_size=1, max_size=6)


def _call(at: int, path: str) -> ToolCall:
    return ToolCall(f"call-{at}", "read_file", json.dumps({"path": path}))


@settings(max_examples=60, deadline=None)
@given(_SCRIPTS)
def test_whatever_a_model_says_every_request_is_a_valid_one(scripts: list[tuple[list[Step], Finished]]) -> None:
    """Each call has one result, roles alternate, and the conversation can always go on."""

    async def converse(folder: Path) -> None:
        talk = Talk(folder, *[[*steps, end] for steps, end in scripts], *[said("Fine.")] * 2)
        while len(talk.model.requests) <= len(scripts):
            try:
                await talk.ask("Go on.")
            except ModelError:
                continue
        for request in range(len(talk.model.requests)):
            talk.sent(request)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(converse(Path(folder)))


async def test_a_tool_that_breaks_does_not_end_the_turn(tmp_path: Path) -> None:
    """The model is told, and goes on."""

    async def broken(arguments: Arguments, context: ToolContext) -> Action:
        raise RuntimeError("a fault of ours")

    tools = {"read_file": replace(TOOLS["read_file"], prepare=broken)}
    talk = Talk(tmp_path, asks_for(READ), said("Then not."), tools=tools)
    assert await talk.ask("What is x?") == "end_turn"
    (result,) = talk.results()
    assert result.is_error
    assert "a fault of ours" in result.text
