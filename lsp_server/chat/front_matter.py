"""The front matter of a Markdown file: names and values between two lines of `---`.

Of YAML this knows what such files hold: plain and quoted texts, and lists in brackets or with a dash a line. Anything
else stays the text that it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from context.text import split_lines

_ENTRY = re.compile(r"(?P<name>[A-Za-z][\w-]*)[ \t]*:(?:[ \t]+(?P<value>.*))?")
_ITEM = re.compile(r"[ \t]*-[ \t]+(?P<value>.*)")
_COMMENT = re.compile(r"(?:^|[ \t]+)#.*")


@dataclass(frozen=True, slots=True)
class Matter:
    """What stands in front, each name with its values (a plain text is one), and the text behind it."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    text: str = ""

    def first(self, name: str) -> str:
        """Give the first value of a name, "" when there is none."""
        return next(iter(self.values.get(name, ())), "")


def front_matter(text: str) -> Matter:
    """Take a file apart; one without front matter, or with one that never ends, is all text."""
    lines = [line.rstrip() for line in split_lines(text.removeprefix("\ufeff"))]
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        return Matter({}, text)
    end = lines.index("---", 1)
    values: dict[str, tuple[str, ...]] = {}
    name = ""
    for line in lines[1:end]:
        entry, item = _ENTRY.fullmatch(line), _ITEM.fullmatch(line)
        if entry is not None:
            name = entry["name"]
            values[name] = _values(entry["value"] or "")
        elif item is not None and name:
            values[name] += _plain([item["value"]])
    return Matter(values, "\n".join(lines[end + 1 :]).strip("\n"))


def _values(text: str) -> tuple[str, ...]:
    text = _uncommented(text)
    if text.startswith("[") and text.endswith("]"):
        return _plain(re.findall(r"\s*(\"[^\"]*\"|'[^']*'|[^,]+)", text[1:-1]))
    return _plain([text])


def _plain(values: Sequence[str]) -> tuple[str, ...]:
    stripped = (_uncommented(value) for value in values)
    unquoted = (each[1:-1] if len(each) > 1 and each[0] == each[-1] and each[0] in "\"'" else each for each in stripped)
    return tuple(filter(None, unquoted))


def _uncommented(text: str) -> str:
    text = text.strip()
    return text if text[:1] in ("'", '"', "[") else _COMMENT.sub("", text).strip()
