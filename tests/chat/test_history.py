"""Whatever is left of a conversation becomes a history that the strictest vendor accepts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lsp_server.chat.history import exchanges, units, whole, whole_with_places
from lsp_server.chat.segment import Remembered, Segment, SessionRow, Stored, title_of
from lsp_server.models.messages import Message, Part, Text, ToolCall, ToolResult
from tests.chat.test_turn import check_history


def test_a_history_that_was_cut_anywhere_can_go_on() -> None:
    """Calls without results get one that says so; words of the person that nobody answered stay."""
    call = ToolCall("1", "edit", "{}")
    result = ToolResult("1", "edit", "done")
    steps = [
        Message.of("user", "a"),
        Message("assistant", (call,)),
        Message("user", (result,)),
        Message.of("user", "b"),
    ]
    for end in range(len(steps) + 1):
        check_history(whole(steps[:end]))
        check_history(whole([*steps[:end], Message.of("user", "again")]))
    assert "not known" in str(whole(steps[:2])[-1])
    assert whole(steps[:1]) == tuple(steps[:1])
    assert whole([*steps[:3], steps[3]])[-1].parts == (result, Text("b"))
    strange = [Message("user", (result,)), Message("assistant", (call, call)), Message("assistant", (Text("x"),))]
    check_history(whole(strange))
    check_history(whole([Message.of("assistant", "x"), Message("user", (result,)), Message.of("assistant", "y")]))


PARTS: dict[str, st.SearchStrategy[Part]] = {
    "assistant": st.builds(ToolCall, st.sampled_from("123"), st.just("read"), st.just("{}")) | st.just(Text("says")),
    "user": st.builds(ToolResult, st.sampled_from("123"), st.just("read"), st.just("done")) | st.just(Text("asks")),
}
MESSAGES = st.lists(
    st.builds(Message, st.just("assistant"), st.lists(PARTS["assistant"], max_size=3).map(tuple))
    | st.builds(Message, st.just("user"), st.lists(PARTS["user"], max_size=3).map(tuple))
)


@given(MESSAGES)
def test_any_messages_become_whole(messages: list[Message]) -> None:
    """The words of both sides stay, in their order, and a history that is whole stays the same."""
    history = whole(messages)
    check_history(history)
    assert whole(history) == history
    assert "".join(each.text for each in history) == "".join(each.text for each in messages)


@given(MESSAGES)
def test_calls_stay_with_their_results_in_every_piece(messages: list[Message]) -> None:
    """Units and exchanges are the history in pieces, each of which could stand alone."""
    history = whole(messages)
    for pieces in (list(units(history)), list(exchanges(history))):
        assert tuple(message for piece in pieces for message in piece) == history
        for piece in pieces:
            check_history(piece)


def test_a_summary_stands_for_what_it_covers() -> None:
    """Behind it only the rest is sent, and each message knows the segment up to which it reaches."""
    call = ToolCall("1", "edit", "{}")
    said = [Message.of("user", "a"), Message("assistant", (call,)), Message.of("user", "b"), Message.of("user", "c")]
    segments = [Segment("message", message, id=at) for at, message in enumerate(said, 11)]
    summary = Segment("summary", value={"text": "s", "covers": 10}, id=20)
    stored = Stored(SessionRow("1", "/a"), (Segment("message", Message.of("user", "old"), id=10), *segments, summary))
    found = stored.remembered
    assert found.summary == summary.value
    assert [message.text for message in found.messages] == ["a", "", "bc"]
    assert found.ids == (11, 12, 14)
    check_history(found.messages)
    assert len(stored.history) == 3
    assert stored.history[0].text == "olda"
    assert Stored(stored.session, ()).remembered == Remembered(None, (), ())


@given(MESSAGES)
def test_each_message_knows_what_it_is_made_of(messages: list[Message]) -> None:
    """Up to its place stand the words that are said up to it, and no others."""
    said = ""
    for message, place in whole_with_places(messages):
        said += message.text
        assert said == "".join(each.text for each in messages[: place + 1])


def test_a_conversation_is_called_by_its_first_words() -> None:
    """One line that a list has room for."""
    assert title_of("\n  Why does\tthis fail?\nTraceback: …") == "Why does this fail?"
    assert title_of("word " * 40) == "word " * 11 + "word…"
    assert title_of("x" * 200) == "x" * 40 + "…"
    assert title_of(" \n") == ""
