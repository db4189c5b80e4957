"""A turn goes from model to tools and back until it is done, and leaves a history that every vendor accepts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lsp_server.chat.turn import CallModel, End, Limits, RunTools, Turn
from lsp_server.models.messages import (
    Finished,
    Message,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDone,
    ToolResult,
    Usage,
)

TOOLS = {"read": True, "grep": True, "edit": False, "test": False}


def turn(limits: Limits | None = None) -> Turn:
    """Begin a turn."""
    return Turn(Message.of("user", "Why?"), TOOLS, limits or Limits())


def answer(turn: Turn, *said: str | ToolCall, stop: str = "end_turn") -> None:
    """Let the model answer with texts and calls."""
    assert isinstance(turn.next_step(), CallModel)
    for each in said:
        turn.receive(TextDelta(each) if isinstance(each, str) else ToolCallDone(each))
    turn.receive(Finished("refusal" if stop == "refusal" else "max_tokens" if stop == "max_tokens" else "end_turn"))


def call(number: int, name: str = "read", **arguments: object) -> ToolCall:
    """Give a tool call."""
    return ToolCall(f"call-{number}", name, json.dumps(arguments))


def done(turn: Turn, *texts: str) -> list[str]:
    """Run the tools of a step, each with a text as its result; gives the ids that ran."""
    step = turn.next_step()
    assert isinstance(step, RunTools)
    for run, text in zip(step.runs, texts, strict=True):
        turn.add_result(ToolResult(run.call.id, run.call.name, text))
    return [run.call.id for run in step.runs]


def results(turn: Turn) -> list[str]:
    """Give the texts of the last results."""
    return [part.text for part in turn.messages[-1].parts if isinstance(part, ToolResult)]


def check_history(messages: Sequence[Message]) -> None:
    """Check what the strictest vendors ask: each call has one result, in the next message, and no result is alone."""
    assert all(message.parts for message in messages)
    assert all(a.role != b.role for a, b in pairwise(messages))
    for number, message in enumerate(messages):
        asked = [part.id for part in message.parts if isinstance(part, ToolCall)]
        after = messages[number + 1].parts if number + 1 < len(messages) else ()
        given = [part.call_id for part in after if isinstance(part, ToolResult)]
        assert given == asked, (given, asked)


def test_an_answer_without_calls_ends_the_turn() -> None:
    """The plain case."""
    subject = turn()
    answer(subject, "Because", " so.")
    assert subject.next_step() == End("end_turn")
    assert subject.messages == (Message.of("user", "Why?"), Message("assistant", (Text("Because so."),)))


def test_a_refusal_and_a_full_answer_are_told_apart() -> None:
    """As the protocol's stop reasons."""
    for stop in ("refusal", "max_tokens"):
        subject = turn()
        answer(subject, "I", stop=stop)
        assert subject.next_step() == End(stop)


def test_tools_that_read_run_beside_each_other_and_writers_alone_in_order() -> None:
    """Results come back in the order of the calls, whichever was ready first."""
    subject = turn()
    answer(subject, call(1), call(2, "grep"), call(3, "edit"), call(4), call(5, "test"))
    step = subject.next_step()
    assert isinstance(step, RunTools)
    for run in reversed(step.runs):
        subject.add_result(ToolResult(run.call.id, run.call.name, f"of {run.call.id}"))
    assert [run.call.id for run in step.runs] == ["call-1", "call-2"]
    assert done(subject, "edited") == ["call-3"]
    assert done(subject, "read") == ["call-4"]
    assert done(subject, "passed") == ["call-5"]
    assert isinstance(subject.next_step(), CallModel)
    assert results(subject) == ["of call-1", "of call-2", "edited", "read", "passed"]


def test_an_unknown_tool_and_bad_arguments_are_answered_at_once() -> None:
    """The model is told what is wrong, and nothing runs."""
    subject = turn()
    answer(subject, call(1, "fly"), ToolCall("call-2", "read", '{"path": '), ToolCall("call-3", "read", "[1]"))
    assert isinstance(subject.next_step(), CallModel)
    unknown, broken, no_object = results(subject)
    assert unknown == "There is no tool 'fly'; there are: edit, grep, read, test."
    assert "not valid JSON" in broken
    assert no_object == "The arguments must be one JSON object."


def test_small_slips_in_the_arguments_are_mended() -> None:
    """Where nothing can be lost by it."""
    subject = turn()
    answer(
        subject,
        ToolCall("1", "read", '```json\n{"path": "a.py",}\n```'),
        ToolCall("2", "read", '{"path": "a\nb"}'),
        ToolCall("3", "read", '"{\\"path\\": \\"c\\"}"'),
        ToolCall("4", "grep", ""),
    )
    step = subject.next_step()
    assert isinstance(step, RunTools)
    assert [dict(run.arguments) for run in step.runs] == [{"path": "a.py"}, {"path": "a\nb"}, {"path": "c"}, {}]


def test_the_third_same_call_gets_the_first_result_and_the_fifth_ends_the_turn() -> None:
    """Models get stuck in such circles."""
    subject = turn()
    for number in range(4):
        answer(subject, call(number, path="a", line=1) if number % 2 else call(number, line=1, path="a"))
        if number < 2:
            done(subject, "the text")
    assert isinstance(subject.next_step(), CallModel)
    assert results(subject) == [
        "You have made this very call before; its result has not changed. Go on with what you know.\n\nthe text"
    ]
    answer(subject, call(5, path="a", line=1))
    assert subject.next_step() == End("max_turn_requests")
    check_history(subject.messages)


def test_a_test_may_be_run_after_each_edit() -> None:
    """What writes in between makes a call another one."""
    subject = turn()
    for number in range(8):
        answer(subject, call(2 * number, "test"), call(2 * number + 1, "edit", new=number))
        done(subject, "failed")
        done(subject, "edited")
    assert isinstance(subject.next_step(), CallModel)


def test_a_turn_keeps_to_its_limits() -> None:
    """Requests, tool calls, tokens."""
    subject = turn(Limits(requests=1))
    answer(subject, call(1))
    done(subject, "text")
    assert subject.next_step() == End("max_turn_requests")
    subject = turn(Limits(output_tokens=10))
    subject.receive(ToolCallDone(call(1)))
    subject.receive(Finished("tool_use", Usage(output_tokens=11)))
    done(subject, "text")
    assert subject.next_step() == End("max_turn_requests")
    check_history(subject.messages)


def test_what_the_person_says_meanwhile_goes_along_with_the_next_results() -> None:
    """And stays for the next turn when there are none."""
    subject = turn()
    answer(subject, call(1))
    subject.inject("Look at b, too.")
    done(subject, "text")
    step = subject.next_step()
    assert isinstance(step, CallModel)
    assert step.messages[-1].parts == (ToolResult("call-1", "read", "text"), Text("Look at b, too."))
    subject.inject("And c.")
    answer(subject, "Done.")
    assert subject.injected == ("And c.",)


def test_an_interrupted_tool_is_said_to_be_of_unknown_outcome() -> None:
    """And those behind it were not run: the model must look before it goes on."""
    subject = turn()
    answer(subject, call(1, "edit"), call(2, "edit", new=2))
    subject.next_step()
    subject.end("cancelled")
    assert subject.next_step() == End("cancelled")
    assert results(subject) == [
        "This tool was interrupted: the person cancelled the turn. What it has done until then is not known; "
        "look before you go on.",
        "This tool was not run: the person cancelled the turn.",
    ]


ACTIONS = st.lists(
    st.one_of(
        st.sampled_from(["step", "finish", "text", "inject"]),
        st.tuples(st.sampled_from(["read", "edit", "fly"]), st.sampled_from(["{}", '{"a": 1}', "{"])),
        st.tuples(st.just("result"), st.integers(0, 3)),
    ),
    max_size=40,
)


@given(ACTIONS, st.integers(0, 40), st.booleans())
def test_whatever_happens_each_call_has_exactly_one_result(
    actions: list[str | tuple[str, str | int]], end_at: int, same_ids: bool
) -> None:
    """At every moment, and wherever the turn is interrupted."""
    subject = turn(Limits(requests=6))
    number = 0
    for at, action in enumerate(actions):
        step = subject.next_step()
        if at == end_at:
            subject.end("cancelled")
        match action, step:
            case "text", CallModel():
                subject.receive(TextDelta("word "))
            case "inject", _:
                subject.inject("wait")
            case "finish", CallModel():
                subject.receive(Finished("end_turn"))
            case ("result", int(which)), RunTools(runs):
                run = runs[which % len(runs)]
                subject.add_result(ToolResult(run.call.id, run.call.name, "text"))
                subject.add_result(ToolResult(run.call.id, run.call.name, "again"))
            case (str(name), str(arguments)), CallModel() if name != "result":
                number += 1
                subject.receive(ToolCallDone(ToolCall(str(number % 3 if same_ids else number), name, arguments)))
        check_history(subject.messages)
    subject.end("error")
    check_history(subject.messages)
