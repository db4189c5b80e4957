"""Histories as every endpoint wants them."""

from __future__ import annotations

from lsp_server.models.messages import (
    Image,
    Message,
    Part,
    ProviderState,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from lsp_server.models.wire.turns import Turn, system_text, turns_of
from tests.wire import WORK

OURS = ProviderState("d", "work", {"s": 1})
CALL, OTHER = ToolCall("1", "read", "{}"), ToolCall("2", "run", "{}")
RESULT, OTHER_RESULT = ToolResult("1", "read", "x"), ToolResult("2", "run", "y")


def check(messages: list[Message], *turns: tuple[str, tuple[Part, ...]]) -> None:
    """Expect these turns."""
    assert [(turn.role, turn.parts) for turn in turns_of(messages, "d", WORK)] == list(turns)


def asks(*parts: Part) -> Message:
    """Give a message of the person."""
    return Message("user", parts)


def says(*parts: Part) -> Message:
    """Give a message of the model."""
    return Message("assistant", parts)


def not_run(call: ToolCall) -> ToolResult:
    """Give what stands where a result is missing."""
    return ToolResult(call.id, call.name, "The tool was not run.", is_error=True)


def test_instructions_stand_apart() -> None:
    """All of them, wherever they stood."""
    messages = [Message.of("system", "A"), asks(Text("q")), Message.of("system", "B"), Message.of("system", "")]
    assert system_text(messages) == "A\n\nB"
    check(messages, ("user", (Text("q"),)))


def test_neighbours_of_one_role_are_one_turn() -> None:
    """Roles take turns."""
    check(
        [asks(Text("a")), asks(Text("b")), says(Text("c")), Message.of("system", "S"), says(Text("d"))],
        ("user", (Text("a"), Text("b"))),
        ("assistant", (Text("c"), Text("d"))),
    )


def test_results_come_first_and_in_the_order_of_their_calls() -> None:
    """Then what the person says."""
    check(
        [says(CALL, OTHER), asks(Text("q"), OTHER_RESULT), asks(RESULT)],
        ("assistant", (CALL, OTHER)),
        ("user", (RESULT, OTHER_RESULT, Text("q"))),
    )


def test_a_call_without_a_result_gets_one() -> None:
    """Also when nothing follows it at all, or another answer does."""
    check(
        [says(CALL, OTHER), asks(RESULT)],
        ("assistant", (CALL, OTHER)),
        ("user", (RESULT, not_run(OTHER))),
    )
    check([says(CALL)], ("assistant", (CALL,)), ("user", (not_run(CALL),)))
    check([says(CALL), says(Text("a"))], ("assistant", (CALL, Text("a"))), ("user", (not_run(CALL),)))


def test_a_result_without_a_call_is_left_out() -> None:
    """Of whatever it was the result, the model has forgotten it."""
    check([asks(RESULT, Text("q"))], ("user", (Text("q"),)))
    check([asks(RESULT)])
    check(
        [says(CALL), asks(RESULT), says(Text("a")), asks(RESULT, Text("q"))],
        ("assistant", (CALL,)),
        ("user", (RESULT,)),
        ("assistant", (Text("a"),)),
        ("user", (Text("q"),)),
    )


def test_what_says_nothing_is_left_out() -> None:
    """Texts without a word, and messages of such; a picture says something."""
    picture = Image("image/png", b"")
    check([asks(Text(" \n"), picture), says(Text("")), asks(Text("q"))], ("user", (picture, Text("q"))))


def test_states_of_others_are_taken_off() -> None:
    """And reasoning, which without its state is nothing; a call stays a call."""
    for state in (ProviderState("e", "work", {}), ProviderState("d", "other", {})):
        check(
            [says(Reasoning("r", state), Text("a", state), Text("", state))],
            ("assistant", (Text("a"),)),
        )
        assert turns_of([says(ToolCall("1", "read", "{}", state))], "d", WORK)[0] == Turn("assistant", (CALL,))
    mine = (Reasoning("r", OURS), Text("", OURS), Text("a", OURS))
    check([says(*mine)], ("assistant", mine))


def test_an_answer_of_nothing_but_reasoning_is_left_out() -> None:
    """It was broken off before it said anything."""
    check([asks(Text("q")), says(Reasoning("r", OURS))], ("user", (Text("q"),)))
