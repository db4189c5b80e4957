"""Sums up the old part of a conversation, so that it can go on in the same window.

What a model writes goes into fixed sections, over those of the summary before it. The person's words are never the
model's to retell: they are taken over from the messages. A summary stays marked as one, and what it stands for stays
in the store.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import accumulate
from typing import Any, Literal, TypeAlias

from lsp_server.chat.hidden import marked
from lsp_server.chat.history import exchanges, units
from lsp_server.chat.trimming import tokens_of
from lsp_server.models.messages import Message, Text, ToolCall, ToolResult
from lsp_server.prompts import load

Count: TypeAlias = Callable[[str], int]
Urgency: TypeAlias = Literal["no", "soon", "now"]

# Of what a prompt may take: from the first share on a summary is made beside the conversation, from the second before
# anything else is sent.
_SOON, _NOW = 0.75, 0.92

# The person's words up to this length are kept whole, and of all of them so many characters, the newest first.
_MOST_OF_WORDS = 2_000
_MOST_WORDS = 8_000
_SHORT_WORDS = 200

# What each part of the conversation may take in the text to sum up, tried from the longest to the shortest.
_LENGTHS = (4_000, 1_500, 500, 150)

_PATHS = ("path", "file", "uri", "to")

_HEADINGS = {
    "goal": "Goal",
    "decisions": "Decisions",
    "files": "Files",
    "done": "Done",
    "errors": "Errors",
    "tasks": "Open tasks",
}
_HEADING = re.compile(rf"^#+[ \t]*(?P<name>{'|'.join(_HEADINGS.values())})\b[:\s]*$", re.IGNORECASE | re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+", re.MULTILINE)
_NOTHING = frozenset({"", "none", "none.", "n/a", "nothing", "nothing.", "unknown", "not known", "-"})

_NOTICE = (
    "Summary of the conversation until here. The assistant has written it; only what stands under “The person's words”"
    " was said by the person."
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands for the old part of a conversation. `words` are the person's own, oldest first."""

    goal: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The sections that hold anything, as Markdown."""
        titles = {**_HEADINGS, "words": "The person's words"}
        order = ("goal", "words", "decisions", "files", "done", "errors", "tasks")
        sections = ((titles[name], getattr(self, name)) for name in order)
        return "\n\n".join(f"## {title}\n" + "\n".join(map(_bullet, lines)) for title, lines in sections if lines)

    @property
    def message(self) -> Message:
        """The message that stands for what was summed up, marked as what it is."""
        return Message.of("user", marked(_NOTICE, self.text))

    def value(self, covers: int) -> dict[str, Any]:
        """Give the summary as a JSON object, with its `text`, by which it is found, and what it stands for.

        `covers` is the id of the last stored segment that was summed up.
        """
        return {"version": 1, "text": self.text, "covers": covers, "sections": asdict(self)}

    @staticmethod
    def of(value: Mapping[str, Any]) -> Summary:
        """Give the summary of a JSON object; what is strange in it is left out."""
        sections = value.get("sections")
        found = sections if isinstance(sections, Mapping) else {}
        return Summary(**{each.name: tuple(map(str, found.get(each.name) or ())) for each in fields(Summary)})


def urgency(used_tokens: int, prompt_tokens: int) -> Urgency:
    """Tell whether a conversation is to be summed up: in the background (soon), or first of all (now).

    `prompt_tokens` is what a prompt may take: the window without the answer and the tools.
    """
    share = used_tokens / max(prompt_tokens, 1)
    return "now" if share >= _NOW else "soon" if share >= _SOON else "no"


def edge(messages: Sequence[Message], keep_tokens: int, count: Count) -> int:
    """Give how many messages of a whole history to sum up, so that the rest takes at most so many tokens.

    The rest begins with a question; only when the last exchange alone is too long, with one of its steps. At least the
    last step is kept, and no call is parted from its result. 0: there is nothing to sum up.
    """
    for pieces in (list(exchanges(messages)), list(units(messages))):
        starts = [0, *accumulate(map(len, pieces))]
        room = keep_tokens
        for number in range(len(pieces) - 1, -1, -1):
            room -= tokens_of(pieces[number], count)
            if room < 0:
                if number < len(pieces) - 1:
                    return starts[number + 1]
                break
        else:
            return 0
    return starts[-2]


def request(
    covered: Sequence[Message], older: Summary | None, budget_tokens: int, count: Count, focus: str = ""
) -> tuple[Message, ...]:
    """Give the messages that ask a model to sum up others.

    `focus` is what the person says must not be lost. Long parts are shortened until all of it fits; if it does not even
    then, the oldest messages are left out.
    """
    system = Message.of("system", load("compact").text)
    before = [marked("The earlier summary", older.text)] if older else []
    wish = [f"The person asks to keep: {' '.join(focus.split())}"] if focus.strip() else []
    texts = list[str]()
    for length in _LENGTHS:
        texts = [text for message in covered if (text := _told(message, length))]
        asked = (system, _asking(before, texts, wish))
        if tokens_of(asked, count) <= budget_tokens:
            return asked
    while len(texts) > 1 and tokens_of((system, _asking(before, texts, wish)), count) > budget_tokens:
        texts = texts[(len(texts) + 3) // 4 :]
    return system, _asking(before, texts, wish)


def summary_of(
    answer: str,
    covered: Sequence[Message],
    older: Summary | None = None,
    words_of: Callable[[Message], Sequence[str]] | None = None,
) -> Summary:
    """Give the summary that a model's answer makes, with the person's words and the files that tools have touched.

    A section that the answer leaves out stays as it was before; one that it says to be empty is. An answer without any
    section, also an empty one, is made up for by what can be read from the messages alone. `words_of` gives the
    person's own words in a message, if they are not its last text.
    """
    older = older or Summary()
    found = _sections(answer)
    said = [text for message in covered for text in (words_of or words)(message)]
    calls = [part for message in covered for part in message.parts if isinstance(part, ToolCall)]
    merged = {name: found.get(name, getattr(older, name)) for name in _HEADINGS}
    if not found:
        merged["goal"] = older.goal or tuple(_shortened(text, _SHORT_WORDS) for text in said[:1])
        merged["done"] = older.done + tuple(dict.fromkeys(map(_call_line, calls)))
    touched = dict.fromkeys(path for call in calls for path in _paths(call))
    new = [path for path in touched if not any(path in line for line in merged["files"])]
    merged["files"] = (*merged["files"], *new)
    return Summary(words=_capped((*older.words, *said)), **merged)


def words(message: Message) -> tuple[str, ...]:
    """Give what the person says in a message: its last text, or all of them where they stand behind results."""
    if message.role != "user":
        return ()
    said = [part.text for part in message.parts if isinstance(part, Text) and part.text.strip()]
    return tuple(said if any(isinstance(part, ToolResult) for part in message.parts) else said[-1:])


def _sections(answer: str) -> dict[str, tuple[str, ...]]:
    """Take an answer apart at its headings."""
    names = {title.lower(): name for name, title in _HEADINGS.items()}
    _, *pieces = _HEADING.split(answer)
    found = {names[title.lower()]: _lines(text) for title, text in zip(pieces[::2], pieces[1::2], strict=True)}
    return found if any(found.values()) else {}


def _lines(text: str) -> tuple[str, ...]:
    """Give the points of a section; a line without a bullet belongs to the one before."""
    points: list[str] = []
    for line in text.strip().split("\n"):
        bare = _BULLET.sub("", line, count=1).strip()
        if bare.lower() in _NOTHING:
            continue
        if points and bare == line.strip() and line[:1].isspace():
            points[-1] += f" {bare}"
        else:
            points.append(bare)
    return tuple(points)


def _asking(before: Sequence[str], texts: Sequence[str], wish: Sequence[str]) -> Message:
    return Message.of("user", "\n\n".join([*before, marked("The conversation", "\n\n".join(texts)), *wish]))


def _told(message: Message, length: int) -> str:
    """Retell a message, each of its parts up to a length."""
    lines = []
    for part in message.parts:
        match part:
            case Text(text) if text.strip():
                who = "The person" if message.role == "user" else "The assistant"
                lines.append(f"{who}: {_shortened(text.strip(), length)}")
            case ToolCall(name=name, arguments=arguments):
                lines.append(f"The assistant calls {name} {_shortened(arguments, length // 2)}")
            case ToolResult(name=name, text=text, is_error=is_error):
                lines.append(f"{name} {'fails' if is_error else 'gives'}: {_shortened(text, length // 2)}")
            case _:
                pass  # pictures and reasoning are not retold
    return "\n".join(lines)


def _shortened(text: str, length: int) -> str:
    """Leave out the middle of a text that is too long, and say so."""
    if len(text) <= length:
        return text
    half = length // 2
    return f"{text[:half]} [… {len(text) - 2 * half:,} characters left out …] {text[-half:]}"


def _capped(said: Sequence[str]) -> tuple[str, ...]:
    """Shorten the person's words where they are long; the newest stay whole for as long as there is room."""
    room, kept = _MOST_WORDS, list[str]()
    for text in reversed(said):
        short = _shortened(text, _MOST_OF_WORDS if room > 0 else _SHORT_WORDS)
        room -= len(short)
        if room < -_MOST_WORDS:
            kept.append(f"[… {len(said) - len(kept):,} older questions left out …]")
            break
        kept.append(short)
    return tuple(reversed(kept))


def _paths(call: ToolCall) -> list[str]:
    try:
        arguments = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return []
    found = [arguments.get(name) for name in _PATHS] if isinstance(arguments, dict) else []
    return [path for path in found if isinstance(path, str) and path]


def _call_line(call: ToolCall) -> str:
    return " ".join([call.name, *_paths(call)])


def _bullet(text: str) -> str:
    return "- " + text.strip().replace("\n", "\n  ")
