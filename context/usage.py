"""What names are used for: the members that follow them, and the arguments that they are called with.

Made of tokens alone, so it works for any language.
"""

from __future__ import annotations

import re

from context.text import split_lines

# A name, perhaps called or indexed, and its member. A blank behind the dot ends a sentence, a quote or slash before the
# name begins an address.
_USE = re.compile(
    r"(?<![\w\"'/@-])([^\W\d]\w+)(?:\([^()\n]*\)|\[[^\]\n]*\])?(?:\n\s*)?(?:\.|->|::|\?\.)(?=([^\W\d]\w+))"
)
_CALL = re.compile(r"([^\W\d]\w+)\(([^()]*)\)")
_ARGUMENT = re.compile(r"([^\W\d]\w+)\s*=(?!=)")

# What stands for the object at hand: what follows it is its own class's business, in every class another.
_SELF = frozenset({"self", "cls", "this", "super"})

# Longer ones are data that happens to look like a name.
_MOST_NAME_CHARACTERS = 64

# Lines of more are data, or made by a program.
_MOST_LINE_CHARACTERS = 4_000


def uses_of(text: str) -> set[tuple[str, str]]:
    """Give every pair of a name and its member (`save`) or argument (`timeout=`) in a text, each once."""
    if len(text) > _MOST_LINE_CHARACTERS:
        text = "".join(line for line in split_lines(text) if len(line) <= _MOST_LINE_CHARACTERS)
    found = {(name, member) for name, member in _USE.findall(text) if name not in _SELF}
    for name, arguments in _CALL.findall(text):
        found.update((name, argument + "=") for argument in _ARGUMENT.findall(arguments))
    return {pair for pair in found if max(map(len, pair)) <= _MOST_NAME_CHARACTERS}
