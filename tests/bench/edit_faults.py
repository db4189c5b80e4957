"""Typical faults of models, put into edits whose right result is known.

Each fault takes a file and an edit that fits it exactly, and gives a damaged edit with the file that has to come out
of it; None as the file means that the edit has to be refused, since nobody could tell what it means.
"""

from __future__ import annotations

import html
import random
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Edit:
    """A file, the lines in it that are to be replaced, by what, and the file that has to come out (None: none)."""

    text: str
    search: str
    replace: str
    right: str | None

    @staticmethod
    def exact(text: str, search: str, new: str) -> Edit:
        """Give an edit without a fault."""
        return Edit(text, search, new, text.replace(search, new, 1))


Fault = Callable[[Edit, random.Random], Edit | None]


def _none(edit: Edit, _: random.Random) -> Edit:
    return edit


def _both(change: Callable[[str], str]) -> Fault:
    def fault(edit: Edit, _: random.Random) -> Edit | None:
        damaged = replace(edit, search=change(edit.search), replace=change(edit.replace))
        return damaged if damaged.search != edit.search else None

    return fault


def _outdented(edit: Edit, _: random.Random) -> Edit | None:
    """Both have lost the indentation that all their lines share."""
    lines = [line for line in (edit.search + "\n" + edit.replace).split("\n") if line.strip()]
    margin = min(len(line) - len(line.lstrip(" ")) for line in lines)
    if not margin:
        return None
    cut = re.compile(rf"^ {{{margin}}}", re.MULTILINE)
    return replace(edit, search=cut.sub("", edit.search), replace=cut.sub("", edit.replace))


def _tabs(text: str) -> str:
    return re.sub(r"^( {4})+", lambda match: "\t" * (len(match[0]) // 4), text, flags=re.MULTILINE)


def _file_with_tabs(edit: Edit, _: random.Random) -> Edit | None:
    """The file is indented with tabs, what the model writes with blanks."""
    if (
        edit.right is None
        or "\t" in edit.text
        or re.search(r"^ (?! {3})|^( {4})+ ", edit.text + edit.replace, re.MULTILINE)
    ):
        return None
    return replace(edit, text=_tabs(edit.text), right=_tabs(edit.right))


def _crlf_file(edit: Edit, _: random.Random) -> Edit | None:
    return replace(edit, text=edit.text.replace("\n", "\r\n"), right=(edit.right or "").replace("\n", "\r\n"))


def _numbered(edit: Edit, chance: random.Random) -> Edit:
    """Both have the line numbers that the model was shown."""
    first = edit.text[: edit.text.index(edit.search)].count("\n") + 1
    style = chance.choice(["{}: {}", "{:>5}\t{}", "{:>4} | {}", "{}→{}"])

    def numbered(text: str) -> str:
        return "\n".join(style.format(first + at, line) for at, line in enumerate(text.split("\n")))

    return replace(edit, search=numbered(edit.search), replace=numbered(edit.replace))


def _elided(edit: Edit, chance: random.Random) -> Edit | None:
    """Lines in the middle that stay the same are left out of both."""
    old, new = edit.search.split("\n"), edit.replace.split("\n")
    head = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    if head < 6:
        return None
    mark = chance.choice(["...", "    ...", "# ...", "    # ... existing code ..."])
    kept_old = [*old[:2], mark, *old[head - 2 :]]
    kept_new = [*new[:2], mark, *new[head - 2 :]]
    return replace(edit, search="\n".join(kept_old), replace="\n".join(kept_new))


def _shortened(edit: Edit, _: random.Random) -> Edit | None:
    """The first lines that stay the same are left out of both; refused when what is left stands more than once."""
    old, new = edit.search.split("\n"), edit.replace.split("\n")
    if len(old) < 3 or len(new) < 3 or old[0] != new[0] or edit.right is None:
        return None
    search, new_text = "\n".join(old[1:]), "\n".join(new[1:])
    if not search.strip():
        return None
    places = len(re.findall(rf"(?m)^{re.escape(search)}$", edit.text))
    return Edit(edit.text, search, new_text, edit.right if places == 1 else None)


def _ambiguous(edit: Edit, chance: random.Random) -> Edit | None:
    """What is quoted stands in the file more than once."""
    lines = edit.text.split("\n")
    many = sorted({line for line in lines if line.strip() and lines.count(line) > 1})
    if not many:
        return None
    line = chance.choice(many)
    return Edit(edit.text, line, line + "  # changed", None)


def _no_blank_lines(edit: Edit, _: random.Random) -> Edit | None:
    """Blank lines between others are left out of both, where none is new."""
    old, new = edit.search.split("\n"), edit.replace.split("\n")
    if edit.right is None or not any(not line.strip() for line in old[1:-1]):
        return None
    blank = [line for line in new if not line.strip()]
    if len(blank) != len([line for line in old if not line.strip()]):
        return None
    search = "\n".join(line for line in old if line.strip())
    new_text = "\n".join(line for line in new if line.strip())
    # A blank line next to a change may rightly stay or go.
    keep = [line for line in edit.right.split("\n") if line.strip()]
    return Edit(edit.text, search, new_text, "\0" + "\n".join(keep))


def _renamed(edit: Edit, chance: random.Random) -> Edit | None:
    """The model remembers a name wrongly: nobody can tell whether it means this place."""
    words = re.findall(r"\b[a-z_]{5,}\b", edit.search)
    if not words:
        return None
    word = chance.choice(words)
    search = re.sub(rf"\b{word}\b", word + "_x", edit.search)
    return replace(edit, search=search, right=None)


def _lost_line(edit: Edit, chance: random.Random) -> Edit | None:
    """A line in the middle was forgotten, without a mark."""
    old = edit.search.split("\n")
    inner = [at for at in range(1, len(old) - 1) if old[at].strip()]
    if len(inner) < 2:
        return None
    at = chance.choice(inner)
    return replace(edit, search="\n".join(old[:at] + old[at + 1 :]), right=None)


def _stranger(edit: Edit, chance: random.Random) -> Edit | None:
    """The block belongs to another file."""
    foreign = "".join(chance.sample("abcdefghij", 8))
    return replace(edit, search=f"def {foreign}():\n    return {foreign}", right=None)


FAULTS: Mapping[str, Fault] = {
    "none": _none,
    "lost indentation": _outdented,
    "further right": _both(lambda text: textwrap.indent(text, "    ")),
    "tabs for blanks": _both(_tabs),
    "file with tabs": _file_with_tabs,
    "blanks at line ends": _both(lambda text: text.replace("\n", "  \n")),
    "CRLF in the block": _both(lambda text: text.replace("\n", "\r\n")),
    "CRLF in the file": _crlf_file,
    "line numbers": _numbered,
    "fence": _both(lambda text: f"```python\n{text}\n```"),
    "HTML": _both(lambda text: html.escape(text)),
    "lines left out": _elided,
    "less context": _shortened,
    "blank lines left out": _no_blank_lines,
    "in many places": _ambiguous,
    "wrong name": _renamed,
    "line forgotten": _lost_line,
    "of another file": _stranger,
}


def damaged(edits: list[Edit], seed: int = 1) -> Iterator[tuple[str, Edit]]:
    """Give each edit with each fault that it can have."""
    for name, fault in FAULTS.items():
        chance = random.Random(f"{seed} {name}")
        for edit in edits:
            case = fault(edit, chance)
            if case is not None:
                yield name, case


def is_right(result: str | None, edit: Edit) -> bool:
    """Judge a result: the file that came out, or None for a refusal."""
    if edit.right is None or result is None:
        return result is edit.right
    if edit.right.startswith("\0"):
        return "\n".join(line for line in result.split("\n") if line.strip()) == edit.right[1:]
    return result == edit.right
