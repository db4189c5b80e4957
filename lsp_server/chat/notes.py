"""Notes that a person asked to keep: two plain Markdown files, one for all projects and one for this project.

Both lie in the person's own folder for data, so no repository brings notes along, and nothing is written into one. A
note is a line; whoever wants to change or remove one may as well open the file in an editor.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from lsp_server.chat.hidden import marked, shown
from lsp_server.errors import AssistantError

Scope: TypeAlias = Literal["user", "project"]
By: TypeAlias = Literal["person", "model"]

MOST_FILE_BYTES = 16_000
MOST_NOTE_CHARACTERS = 500

_TITLES: Mapping[Scope, str] = {
    "user": "Notes that the person asked to keep, for all projects",
    "project": "Notes that the person asked to keep, for this project",
}


class NoteRefused(AssistantError):
    """A note must not or cannot be kept."""


@dataclass(frozen=True, slots=True)
class Noted:
    """The notes of one scope, as they are sent; `note` says what was left out or taken out."""

    scope: Scope
    path: Path
    text: str
    note: str = ""


class Notes:
    """The notes for work in the folder `cwd`, kept below `folder`. Every method raises NoteRefused."""

    def __init__(self, folder: Path, cwd: str) -> None:
        digest = hashlib.sha256(os.path.normcase(cwd).encode("utf-8", "surrogateescape")).hexdigest()[:12]
        self._cwd = shown(cwd).text
        self._paths: Mapping[Scope, Path] = {"user": folder / "notes.md", "project": folder / f"notes-{digest}.md"}

    def path(self, scope: Scope) -> Path:
        """Give the place of a file, which need not be there yet."""
        return self._paths[scope]

    def read(self) -> tuple[Noted, ...]:
        """Give the notes there are, those for all projects first."""
        found = []
        for scope, path in self._paths.items():
            clean = shown(self._text(path))
            text = clean.text[:MOST_FILE_BYTES].strip()
            notes = [f"{clean.note} taken out"] if clean.hidden else []
            notes += [f"only its first {MOST_FILE_BYTES:,} characters"] if len(clean.text) > MOST_FILE_BYTES else []
            if text:
                found.append(Noted(scope, path, text, "; ".join(notes)))
        return tuple(found)

    @property
    def text(self) -> str:
        """What a model is told: the notes as marked material, each under its origin; "" when there are none."""
        return "\n\n".join(marked(_TITLES[each.scope], each.text) for each in self.read())

    def add(self, scope: Scope, text: str, *, by: By, approved: bool = False, saw_untrusted: bool = False) -> str:
        """Keep a note, and give the line as it was written.

        What a person wrote is kept. What a model wrote is kept when the person has `approved` these very words, and
        never in a turn that `saw_untrusted` text: whoever wrote that may want to be remembered.
        """
        if by == "model" and saw_untrusted:
            raise NoteRefused("Text from outside has come into this turn, so no note is kept: write it yourself.")
        if by == "model" and not approved:
            raise NoteRefused("This note was not approved, so it is not kept.")
        words = " ".join(shown(text).text.split())
        if not words:
            raise NoteRefused("There is nothing in this note: say what is to be kept.")
        if len(words) > MOST_NOTE_CHARACTERS:
            raise NoteRefused(f"This note is too long: say it in {MOST_NOTE_CHARACTERS} characters.")
        self._add(self._paths[scope], f"- {words}\n", self._heading(scope))
        return f"- {words}"

    def remove(self, scope: Scope, line: str) -> None:
        """Forget a line as it stands in the file."""
        path = self._paths[scope]
        lines = self._text(path, None).splitlines(keepends=True)
        kept = [each for each in lines if each.strip() != line.strip()]
        if len(kept) == len(lines):
            raise NoteRefused(f"There is no such note in {path}: look there.")
        try:
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
            with open(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write("".join(kept))
            os.replace(name, path)
        except OSError as error:
            raise _unwritable(path, error) from error

    def _heading(self, scope: Scope) -> str:
        about = f", when it works in {self._cwd}" if scope == "project" else ""
        return f"# What Antiphon keeps in mind{about}\n\n"

    def _add(self, path: Path, line: str, heading: str) -> None:
        before = self._text(path)
        if line.strip() in map(str.strip, before.splitlines()):
            return
        start = heading if not before else "" if before.endswith("\n") else "\n"
        data = f"{start}{line}".encode()
        if len(before.encode()) + len(data) > MOST_FILE_BYTES:
            raise NoteRefused(f"{path} is full: remove some of its notes first.")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # One write at the end of the file: what another process adds at the same time stays, too.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, data)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _unwritable(path, error) from error

    def _text(self, path: Path, most_bytes: int | None = 4 * MOST_FILE_BYTES) -> str:
        try:
            with path.open("rb") as file:
                return file.read(most_bytes).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise NoteRefused(f"{path} cannot be read: {error.strerror or error}.") from error


def _unwritable(path: Path, error: OSError) -> NoteRefused:
    return NoteRefused(f"{path} cannot be written: {error.strerror or error}.")
