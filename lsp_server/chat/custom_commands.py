"""Commands of one's own: Markdown files with front matter, each of which becomes a slash command.

---
title: Write it as a dataclass
kinds: [refactor.rewrite]
context: [selection, diagnostics]
model: work/coder
output: edit
---
Write the class as a frozen dataclass. $words
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from lsp_server.chat.commands import BadCommand, SlashCommand
from lsp_server.chat.front_matter import front_matter
from lsp_server.chat.hidden import shown

Output: TypeAlias = Literal["answer", "edit", "insert"]
Context: TypeAlias = Literal["selection", "file", "diagnostics", "diff", "staged", "map"]

_KEYS = ("title", "kinds", "context", "model", "output")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_KIND = re.compile(r"(?:quickfix|refactor|source)(?:\.[A-Za-z][\w-]*)*")
_MODEL = re.compile(r"local|[^/\s]+/\S+")
_MOST_CHARACTERS = 8_000


@dataclass(frozen=True, slots=True)
class CustomCommand:
    """A command from a file. In `template`, `$words` stands for what is typed behind the command.

    `kinds` are those of the code actions as which it is offered; `context` is what goes along; `model` "" is that of
    the conversation; `output` is what becomes of the answer. `note` says what was taken out of the text.
    """

    name: str
    title: str
    template: str
    kinds: tuple[str, ...] = ()
    context: tuple[Context, ...] = ("selection",)
    model: str = ""
    output: Output = "answer"
    note: str = ""

    @property
    def command(self) -> SlashCommand:
        """The slash command."""
        takes: Literal["nothing", "some"] = "some" if "$words" in self.template else "nothing"
        return SlashCommand(self.name, self.title, (), "more words" if takes == "some" else "", takes)

    def prompt(self, words: str) -> str:
        """Give the text to send; what was typed is never read as a template."""
        return words.join(self.template.split("$words")).strip()


def custom_command(file_name: str, text: str) -> CustomCommand:
    """Read a command from the name and text of its file. Raises BadCommand with what is wrong and what is right."""
    name = file_name.removesuffix(".md")
    if not _NAME.fullmatch(name):
        raise BadCommand(f"{file_name!r} names no command: use a-z, 0-9 and '-', as in `tidy-up.md`.")
    clean = shown(text)
    matter = front_matter(clean.text)
    if unknown := sorted(set(matter.values) - set(_KEYS)):
        raise BadCommand(f"{file_name} has {unknown[0]!r} in front, which means nothing: use {', '.join(_KEYS)}.")
    template = matter.text.strip()
    if not template or len(template) > _MOST_CHARACTERS:
        raise BadCommand(
            f"{file_name} needs a prompt behind its front matter, of at most {_MOST_CHARACTERS:,} characters."
        )
    model, output = matter.first("model"), matter.first("output") or "answer"
    checks: Mapping[str, tuple[bool, str]] = {
        "kinds": (
            all(map(_KIND.fullmatch, matter.values.get("kinds", ()))),
            "begin with quickfix, refactor or source",
        ),
        "context": (
            set(matter.values.get("context", ())) <= set(get_args(Context)),
            f"be of {', '.join(get_args(Context))}",
        ),
        "model": (not model or bool(_MODEL.fullmatch(model)), 'be "local" or "provider/model"'),
        "output": (output in get_args(Output), f"be one of {', '.join(get_args(Output))}"),
    }
    for key, (is_right, meant) in checks.items():
        if not is_right:
            raise BadCommand(f"{file_name} has {', '.join(matter.values[key])!r} as {key}, which must {meant}.")
    return CustomCommand(
        name,
        matter.first("title") or name.replace("-", " ").capitalize(),
        template,
        matter.values.get("kinds", ()),
        cast(tuple[Context, ...], matter.values.get("context", ("selection",))),
        model,
        cast(Output, output),
        f"{clean.note} taken out" if clean.hidden else "",
    )
