"""What a conversation remembers and goes on sending: its messages, and the summary that stands for older ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lsp_server.chat.compaction import Summary
from lsp_server.chat.history import calls_of, whole
from lsp_server.chat.segment import Remembered
from lsp_server.chat.trimming import Count, Piece, Trimmed, pieces_of, trim
from lsp_server.models.messages import Message, Text


class Memory:
    """The messages of a conversation, each with the id of its stored segment, 0 while it has none."""

    def __init__(self, remembered: Remembered | None = None) -> None:
        summary = remembered.summary if remembered else None
        self.summary = Summary.of(summary) if summary else None
        self.messages: tuple[Message, ...] = remembered.messages if remembered else ()
        self._ids: tuple[int, ...] = remembered.ids if remembered else ()

    def add(self, messages: Sequence[Message], ids: Sequence[int] = ()) -> None:
        """Remember a turn; without an id for each of its messages, they have none."""
        self.messages += tuple(messages)
        self._ids += tuple(ids) if len(ids) == len(messages) else (0,) * len(messages)

    def sum_up(self, summary: Summary, number: int) -> int:
        """Let a summary stand for the oldest messages; gives the id of the last segment among them, 0 for none."""
        covered = max(self._ids[:number], default=0)
        self.summary = summary
        self.messages, self._ids = self.messages[number:], self._ids[number:]
        return covered

    def fitted(self, system: Message, turn: Sequence[Message], budget_tokens: int, count: Count) -> Trimmed:
        """Give what is sent: the system prompt, what is remembered as far as it fits, and the running turn."""
        head = [Piece("pinned", (system,))]
        if self.summary is not None:
            head.append(Piece("pinned", (self.summary.message,)))
        trimmed = trim([*head, *pieces_of(self.messages, turn)], budget_tokens, count)
        return replace(trimmed, messages=(system, *whole(trimmed.messages[1:])))


def worth_keeping(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Give the messages of a turn that are remembered; none when the question got no answer.

    Thoughts that came to nothing are no answer: some endpoints refuse a message without anything else.
    """
    kept = list(messages)
    while kept and kept[-1].role == "assistant" and not _says(kept[-1]):
        kept.pop()
    return tuple(kept) if any(message.role == "assistant" for message in kept) else ()


def with_text(messages: Sequence[Message], text: str) -> tuple[Message, ...]:
    """Put another text in the place of that of the last answer."""
    at = max(number for number, message in enumerate(messages) if message.role == "assistant")
    parts = [part for part in messages[at].parts if not isinstance(part, Text)]
    place = len(parts) - len(calls_of(messages[at]))
    answer = Message("assistant", (*parts[:place], Text(text), *parts[place:]))
    return (*messages[:at], answer, *messages[at + 1 :])


def _says(message: Message) -> bool:
    return bool(message.text.strip() or calls_of(message))
