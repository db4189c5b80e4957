"""Builds what a chat model is sent: system prompt, history, and the question with its attachments.

What does not fit is left out in a fixed order: the system prompt and the question always stay, then come the
attachments in their order, then the newest exchanges of the history. The beginning of a conversation stays the same,
byte for byte, from question to question, so that a model's prompt cache holds: what changes (files, lines) goes into
the question's own message.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from context.text import Document
from lsp_server.chat.voice import Count
from lsp_server.errors import ContextOverflow
from lsp_server.models.messages import Message
from lsp_server.prompts import load

# What a chat template puts around a message: two marks, the role and a line break. Five tokens in ChatML.
_TOKENS_AROUND_MESSAGE = 8

_FENCE = re.compile(r"`{3,}")


class Lines(NamedTuple):
    """Line numbers from 1, both included, as people and fragments (`#L3-L9`) count them."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stretch of a file that goes along with a question.

    `lines` are without terminators, the first of them is line `first_line` of `file_lines` (None: not known).
    `selected` are the lines that matter most: when the whole is too long, the excerpt is cut around them.
    """

    name: str
    language_id: str
    lines: tuple[str, ...]
    first_line: int
    file_lines: int | None
    selected: Lines | None = None

    @staticmethod
    def of(document: Document, name: str, selected: Lines | None = None, margin: int | None = None) -> Attachment:
        """Attach a document; with `margin`, only so many lines before and behind the selected ones."""
        count = len(document.lines)
        if count > 1 and not document.lines[-1]:
            count -= 1  # a terminator at the end of the text begins no line that a person would count
        first, last = 1, count
        if selected is not None and margin is not None:
            first, last = max(selected.first - margin, 1), min(selected.last + margin, count)
        lines = tuple(document.content(line) for line in range(first - 1, last))
        return Attachment(name, document.language_id, lines, first, count, selected)


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks, with what they attached."""

    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question as it was sent, and its answer. A history of these has alternating roles whatever happened."""

    question: str
    answer: str

    @property
    def messages(self) -> tuple[Message, Message]:
        """The two messages."""
        return Message.of("user", self.question), Message.of("assistant", self.answer)


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """Messages that fit. `tokens` is the estimate; `forgotten` counts the oldest exchanges that were left out."""

    messages: tuple[Message, ...]
    tokens: int
    forgotten: int

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
    return ChatPrompt(messages, cost(*messages), len(history) - len(kept))


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

        shown[index] = max(bisect_right(range(len(attachment.lines) + 1), room, key=tokens) - 1, 0)
    return _rendered(question, shown)


def _rendered(question: Question, shown: Sequence[int]) -> str:
    blocks = [_block(attachment, lines) for attachment, lines in zip(question.attachments, shown, strict=True)]
    return "\n\n".join([*blocks, question.text])


def _block(attachment: Attachment, shown: int) -> str:
    """Render `shown` lines of an attachment as a fenced block under a line that says what they are."""
    # A name is the client's word, and stands outside the fence: it must not end its line or its quotes.
    name = " ".join(attachment.name.replace("`", "'").split())
    if not shown:
        return f"File `{name}` is left out: too long."
    start = _start(attachment, shown)
    lines = attachment.lines[start : start + shown]
    excerpt = Lines(attachment.first_line + start, attachment.first_line + start + shown - 1)
    label = f"File `{name}`, lines {excerpt.first}-{excerpt.last}"
    if attachment.file_lines is not None:
        label += f" of {attachment.file_lines}"
    if attachment.selected is not None and attachment.selected != excerpt:
        label += f", selected: lines {attachment.selected.first}-{attachment.selected.last}"
    if shown < len(attachment.lines):
        label += " (cut to fit)"
    text = "\n".join(lines)
    fence = "`" * max([3, *(len(run) + 1 for run in _FENCE.findall(text))])
    return f"{label}:\n{fence}{attachment.language_id}\n{text}\n{fence}"


def _start(attachment: Attachment, shown: int) -> int:
    """Choose where an excerpt of so many lines begins: the selected lines first, then as many before as behind."""
    if attachment.selected is None:
        return 0
    first = attachment.selected.first - attachment.first_line
    size = attachment.selected.last - attachment.selected.first + 1
    if shown <= size:
        return first
    return max(0, min(first - (shown - size) // 2, len(attachment.lines) - shown))
