"""A cursor in a document, with what completion wants to know about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from context.text import Document, without_terminator

# What must be equal for an earlier answer to count again. A model sees more than this, but what stands further
# away seldom changes an answer, and the whole prefix would never be equal while a person edits elsewhere.
_BEFORE_CHARACTERS = 1_000
_AFTER_CHARACTERS = 400

_WORD_END = re.compile(r"\w+\Z")

_CLOSERS = frozenset(")]}>\"'`:;, \t")

# What an editor closes by itself, and by what it is opened; so many at most stand open within one suggestion.
_OPENERS = {")": "(", "]": "[", "}": "{", ">": "<", '"': '"', "'": "'", "`": "`"}
_CLOSED_AT_ONCE = 4

# Words that are whole although they may stand nowhere above: what common languages begin or join a statement with.
_KEYWORD = re.compile(
    r"and|as|assert|async|await|case|catch|class|const|continue|def|default|defer|del|do|elif|else|end|"
    r"enum|except|export|extends|final|finally|fn|for|foreach|from|fun|func|function|global|go|if|impl|"
    r"implements|import|in|instanceof|interface|is|lambda|let|loop|match|mod|module|mut|namespace|new|not|"
    r"nonlocal|or|package|pass|private|protected|pub|public|raise|record|require|return|select|static|"
    r"struct|super|switch|template|then|this|throw|trait|try|type|typeof|union|unless|until|use|using|val|"
    r"var|void|when|where|while|with|yield"
)

_OPENS_A_BLOCK = re.compile(r"(?:[:{(\[]|=>|->|\b(?:do|then|begin))\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor: `head` and `tail` are its line's text on either side, `before` and `after` reach further.

    `above` is the nearest line above that is not blank, stripped; `below` are the next such lines beneath, with their
    indentation. In a very long line, `head` and `tail` are the part that is near.
    """

    uri: str
    language_id: str
    offset: int
    head: str
    tail: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    above: str = ""
    below: tuple[str, ...] = ()
    eol: str = "\n"

    @staticmethod
    def at(document: Document, offset: int) -> Place:
        """Look around an offset; only the lines near it are read."""
        line, column = document.line_column(offset)
        content = without_terminator(document.lines[line])
        column = min(column, len(content))
        return Place(
            document.uri,
            document.language_id,
            offset,
            content[max(0, column - _BEFORE_CHARACTERS) : column],
            content[column : column + _AFTER_CHARACTERS],
            _reach_back(document, line, column),
            _reach_on(document, line, column),
            next((s for text in reversed(document.lines[max(0, line - 10) : line]) if (s := text.strip())), ""),
            tuple(s for text in document.lines[line + 1 : line + 10] if (s := text.rstrip()))[:3],
            document.eol,
        )

    @property
    def indent(self) -> str:
        """The blanks that the cursor's line begins with."""
        return self.head[: len(self.head) - len(self.head.lstrip(" \t"))]

    @property
    def at_line_end(self) -> bool:
        """Whether only closing brackets, quotes and punctuation stand right of the cursor."""
        return all(character in _CLOSERS for character in self.tail)

    @property
    def in_a_new_word(self) -> bool:
        """Whether the cursor stands behind a word that stands nowhere before it: most likely half a word."""
        word = _WORD_END.search(self.head)
        if word is None or _KEYWORD.fullmatch(word[0]):
            return False
        earlier = self.before[: len(self.before) - len(word[0])]
        return re.search(rf"\b{re.escape(word[0])}\b", earlier) is None

    @property
    def line_start(self) -> int:
        """The offset at which the cursor's line begins; in a very long line, the part of it that is near."""
        return self.offset - len(self.head)

    @property
    def begins_a_block(self) -> bool:
        """Whether the cursor stands behind something that opens a block, or on the blank line beneath it."""
        head = self.head.strip()
        return not self.tail.strip() and _OPENS_A_BLOCK.search(head or self.above) is not None

    def typed_since(self, earlier: Place) -> str | None:
        """Give what was typed at an earlier place to come here; None when more than that has changed.

        Brackets and quotes that an editor closes by itself while they are typed count as no change.
        """
        count = self.offset - earlier.offset
        if count < 0 or self.uri != earlier.uri or count > len(self.before):
            return None
        typed = self.before[len(self.before) - count :]
        if self.after != earlier.after and not self._closed(earlier, typed):
            return None
        was = self.before[: len(self.before) - count]
        return typed if earlier.before.endswith(was) or was.endswith(earlier.before) else None

    def closers_since(self, earlier: Place) -> str:
        """Give the closing brackets and quotes that came to stand right of the cursor; "" when nothing changed."""
        for size in range(_CLOSED_AT_ONCE + 1):
            rest = self.after[size:]
            if rest == earlier.after[: len(rest)] and len(earlier.after) - len(rest) in (0, size):
                return self.after[:size]
        return ""

    def _closed(self, earlier: Place, typed: str) -> bool:
        closers = self.closers_since(earlier)
        return bool(closers) and all(_OPENERS.get(each, "\n") in typed for each in closers)


def _reach_back(document: Document, line: int, column: int) -> str:
    parts = [document.lines[line][:column]]
    count = column
    while line > 0 and count < _BEFORE_CHARACTERS:
        line -= 1
        parts.append(document.lines[line])
        count += len(document.lines[line])
    return "".join(reversed(parts))[-_BEFORE_CHARACTERS:]


def _reach_on(document: Document, line: int, column: int) -> str:
    parts = [document.lines[line][column:]]
    count = len(parts[0])
    while line < len(document.lines) - 1 and count < _AFTER_CHARACTERS:
        line += 1
        parts.append(document.lines[line])
        count += len(document.lines[line])
    return "".join(parts)[:_AFTER_CHARACTERS]
