"""What a line of code says by how it begins: how deep it stands, and whether it goes with the line above."""

from __future__ import annotations

import re

from lsp_server.completion.brackets import CLOSERS, PAIRS

# Columns of a tab. No text is laid out by it; it only has to be the same wherever two lines are compared.
TAB = 4

# Words that go on with a statement that could be complete before them.
CLAUSES = frozenset({"else", "elif", "elsif", "elseif", "except", "finally", "catch", "rescue", "ensure"})

END_WORDS = frozenset({"end", "fi", "done", "esac"})

_NO_WORD = re.compile(r"\W")
_BLANKS = re.compile(r"[ \t]*")

# Lines that stand at any depth: comments of one kind, directives. Not a selector, nor a private name.
_ANYWHERE = re.compile(r"\s*#(?:[\s!#]|\s*(?:if|elif|else|end|def|undef|include|region|pragma|nullable))")


def width_of(line: str) -> int:
    """Give the columns that a line is indented by."""
    found = _BLANKS.match(line)
    return len(found[0].expandtabs(TAB)) if found else 0


def first_word(line: str) -> str:
    """Give the word that a line begins with, "" when it begins with something else."""
    return _NO_WORD.split(line.strip(), maxsplit=1)[0]


def is_closing(line: str) -> bool:
    """Tell whether a line begins by closing something: with a bracket, a word such as `end`, or an end tag."""
    content = line.lstrip()
    return content[:1] in CLOSERS or content.startswith("</") or first_word(line) in END_WORDS


def goes_with_above(line: str) -> bool:
    """Tell whether a line goes on with what is above at its level: it closes, opens its block, or is a clause."""
    return is_closing(line) or line.lstrip()[:1] in PAIRS or first_word(line) in CLAUSES


def tells_depth(line: str) -> bool:
    """Tell whether a line's indentation means something: blank lines, comments and directives stand anywhere."""
    return bool(line.strip()) and _ANYWHERE.match(line) is None


def is_deep(line: str, width: int) -> bool:
    """Tell fast, of most lines that are indented by so much at least, or blank, that they are."""
    return line[:width].isspace() or line.startswith("\t" * (-(-width // TAB)))
