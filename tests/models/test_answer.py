"""How the events of a stream become the message that goes into the history."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lsp_server.models.answer import assistant_message
from lsp_server.models.messages import (
    Finished,
    Message,
    Part,
    PartDone,
    ProviderState,
    Reasoning,
    ReasoningDelta,
    StreamEvent,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDone,
)

STATE = ProviderState("d", "p", {"signature": "s"})
CALL = ToolCall("1", "read", "{}")


def check(events: list[StreamEvent], *parts: Part) -> None:
    """Expect these parts of these events."""
    assert assistant_message(events) == Message("assistant", parts)


def test_deltas_make_a_part() -> None:
    """Text and reasoning are put together, in the order in which they came."""
    check(
        [ReasoningDelta("a"), ReasoningDelta("b"), TextDelta("c"), TextDelta("d"), Finished("end_turn")],
        Reasoning("ab"),
        Text("cd"),
    )


def test_the_end_of_a_part_brings_its_state() -> None:
    """What comes after it is another part."""
    check(
        [TextDelta("a"), PartDone("text", STATE), TextDelta("b"), PartDone("text"), TextDelta("c")],
        Text("a", STATE),
        Text("b"),
        Text("c"),
    )


def test_a_state_without_a_text_is_a_part() -> None:
    """Reasoning that nobody may read; a block that nobody knows. Without a state there is nothing."""
    check(
        [PartDone("reasoning", STATE), TextDelta("a"), PartDone("reasoning", STATE), PartDone("text", None)],
        Reasoning("", STATE),
        Text("a"),
        Reasoning("", STATE),
    )


def test_a_call_is_a_part() -> None:
    """It ends the text before it."""
    check([TextDelta("a"), ToolCallDone(CALL), TextDelta("b")], Text("a"), CALL, Text("b"))


def test_a_stream_that_broke_off_makes_what_came_of_it() -> None:
    """Nothing at all makes an empty message."""
    check([ReasoningDelta("a")], Reasoning("a"))
    check([])


@given(
    st.lists(
        st.sampled_from([TextDelta("t"), ReasoningDelta("r"), PartDone("text", STATE), PartDone("reasoning", STATE)])
        | st.just(ToolCallDone(CALL)),
        max_size=12,
    )
)
def test_no_text_and_no_state_is_lost(events: list[StreamEvent]) -> None:
    """Whatever the order of events, every text, state and call stands in the message once."""
    parts = assistant_message(events).parts
    texts = "".join(part.text for part in parts if isinstance(part, Text))
    assert texts == "t" * events.count(TextDelta("t"))
    thoughts = "".join(part.text for part in parts if isinstance(part, Reasoning))
    assert thoughts == "r" * events.count(ReasoningDelta("r"))
    states = [part for part in parts if isinstance(part, Text | Reasoning) and part.state]
    assert len(states) == sum(isinstance(event, PartDone) for event in events)
    assert parts.count(CALL) == events.count(ToolCallDone(CALL))
