"""What a conversation remembers of a turn, and what of it is sent again."""

from __future__ import annotations

import pytest

from lsp_server.chat.compaction import Summary
from lsp_server.chat.memory import Memory, with_text, worth_keeping
from lsp_server.chat.segment import Remembered
from lsp_server.models.messages import Message, Part, Reasoning, Text, ToolCall, ToolResult

QUESTION = Message.of("user", "Why?")
CALL = ToolCall("1", "grep", "{}")
RESULT = Message("user", (ToolResult("1", "grep", "found"),))
SYSTEM = Message.of("system", "Be brief.")


@pytest.mark.parametrize(
    ("answer", "is_kept"),
    [((), False), ((Text(" \n"),), False), ((Reasoning("Hm."),), False), ((Text("So."),), True), ((CALL,), True)],
)
def test_a_question_without_an_answer_is_not_remembered(answer: tuple[Part, ...], is_kept: bool) -> None:
    """White space and thoughts are no answer, a tool call is the beginning of one."""
    messages = (QUESTION, *([Message("assistant", answer)] if answer else []))
    assert worth_keeping(messages) == (messages if is_kept else ())


def test_thoughts_behind_results_are_left_out() -> None:
    """What was done before them stays."""
    done = (QUESTION, Message("assistant", (CALL,)), RESULT)
    assert worth_keeping((*done, Message("assistant", (Reasoning("Hm."),)))) == done


def test_the_last_answer_can_get_another_text() -> None:
    """Between its thoughts and its calls, which stay."""
    answer = Message("assistant", (Reasoning("Hm."), Text("So, so, "), CALL, Text("so, so.")))
    changed = with_text((QUESTION, answer, RESULT), "So.")
    assert changed == (QUESTION, Message("assistant", (Reasoning("Hm."), Text("So."), CALL)), RESULT)


def test_a_summary_stands_for_the_oldest_messages() -> None:
    """It is sent in their place, and what it covers is named by the last stored one of them."""
    memory = Memory(Remembered(None, (QUESTION, Message.of("assistant", "So.")), (7, 8)))
    memory.add([Message.of("user", "Really?"), Message.of("assistant", "Yes.")])
    assert memory.sum_up(Summary(goal=("Know why",)), 2) == 8
    sent = memory.fitted(SYSTEM, [Message.of("user", "And?")], 10_000, len).messages
    assert [message.role for message in sent] == ["system", "user", "assistant", "user"]
    assert "Know why" in sent[1].text
    assert sent[1].text.endswith("Really?")
    assert memory.sum_up(Summary(), 2) == 0
