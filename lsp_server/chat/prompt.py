"""Builds what a chat model is sent: system prompt, history, and the question with its attachments.

What does not fit is left out in a fixed order: the system prompt and the question always stay, then come the
attachments in their order, then the newest exchanges of the history. The beginning of a conversation stays the same,
byte for byte, from question to question, so that a model's prompt cache holds: what changes (files, lines) goes into
the question's own message.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from lsp_server.chat.attachment import Attachment, Lines, in_order, rendered
from lsp_server.chat.voice import Count
from lsp_server.errors import ContextOverflow
from lsp_server.models.messages import Message
from lsp_server.prompts import load

# What a chat template puts around a message: two marks, the role and a line break. Five tokens in ChatML.
_TOKENS_AROUND_MESSAGE = 8

__all__ = ["Attachment", "ChatPrompt", "Exchange", "Lines", "Question", "build", "name_of", "system_prompt"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks, with what they attached."""

    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question as it was sent, and its answer. A history of these has alternating roles whatever happened.

    `attachments` are what went along, to be compared with what they are now; the question itself never changes.
    """

    question: str
    answer: str
    attachments: tuple[Attachment, ...] = ()

    @property
    def messages(self) -> tuple[Message, Message]:
        """The two messages."""
        return Message.of("user", self.question), Message.of("assistant", self.answer)


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """Messages that fit. `tokens` is the estimate; `forgotten` counts the oldest exchanges that were left out.

    `attachments` are those of the question, as they were before anything of them was cut.
    """

    messages: tuple[Message, ...]
    tokens: int
    forgotten: int
    attachments: tuple[Attachment, ...] = ()

    @property
    def question(self) -> str:
        """The last message as it is sent, attachments included."""
        return self.messages[-1].text


def system_prompt(instructions: str = "") -> str:
    """Give the system prompt of a conversation, the person's own instructions last."""
    return "\n\n".join(filter(None, (load("chat").text, instructions.strip())))


def build(
    system: str, history: Sequence[Exchange], question: Question, *, budget_tokens: int, count: Count
) -> ChatPrompt:
    """Build the messages of a request within a budget.

    An empty `system` gives no system message. Raises ContextOverflow when not even the question fits.
    """

    def cost(*messages: Message) -> int:
        return sum(count(message.text) + _TOKENS_AROUND_MESSAGE for message in messages)

    head = (Message.of("system", system),) if system else ()
    room = budget_tokens - cost(*head)
    user = Message.of("user", _fitted(question, room - _TOKENS_AROUND_MESSAGE, count))
    room -= cost(user)
    kept: list[Exchange] = []
    for exchange in reversed(history):
        room -= cost(*exchange.messages)
        if room < 0:
            break
        kept.insert(0, exchange)
    messages = (*head, *(message for exchange in kept for message in exchange.messages), user)
    return ChatPrompt(messages, cost(*messages), len(history) - len(kept), question.attachments)


def name_of(uri: str) -> str:
    """Give the name a file goes by in a conversation: the last part of its URI."""
    return unquote(uri).rstrip("/").rpartition("/")[2] or uri


def _fitted(question: Question, room: int, count: Count) -> str:
    """Render a question with as many lines of each attachment as fit, the earlier attachments first."""
    attachments = question.attachments
    shown = [0] * len(attachments)
    least = count(_rendered(question, shown))
    if least > room:
        raise ContextOverflow(
            f"The question takes about {least} tokens and the model has room for {max(room, 0)}: "
            "shorten it, or choose a model with a larger context window."
        )
    for index, attachment in enumerate(attachments):

        def tokens(lines: int, index: int = index) -> int:
            return count(_rendered(question, [*shown[:index], lines, *shown[index + 1 :]]))

        cuts = attachment.cuts
        shown[index] = cuts[max(bisect_right(cuts, room, key=tokens) - 1, 0)]
    return _rendered(question, shown)


def _rendered(question: Question, shown: Sequence[int]) -> str:
    blocks = [rendered(question.attachments[index], shown[index]) for index in in_order(question.attachments)]
    return "\n\n".join([*blocks, question.text])
