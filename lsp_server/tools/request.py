"""What a tool call would do, as plain values: what is judged, shown to the person, approved and remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

# The kinds of tools in the Agent Client Protocol.
Kind: TypeAlias = Literal["read", "edit", "delete", "move", "search", "execute", "think", "fetch", "other"]
Access: TypeAlias = Literal["read", "write"]
Place: TypeAlias = Literal["inside", "outside", "own"]


@dataclass(frozen=True, slots=True)
class Target:
    """A file or folder that a call would read or write, resolved.

    `place` tells whether it lies inside of a workspace folder, outside, or among our own settings. `protected` is why
    it is a protected file, "" when it is none; `excluded` why no model may see it. `identity` is the file that stands
    there now ("" when there is none): another one in its place makes another request.
    """

    path: str
    access: Access
    place: Place
    protected: str = ""
    excluded: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class FileDiff:
    """The whole text of a file before and after; None where there is no file."""

    uri: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Command:
    """A command line as it would run: in a folder, with the programs that it names.

    `argvs` are its simple commands; of one that is `unparsed` nobody knows whether there are more. `doubt` is why it
    is not known to read only, "" when it is. `programs` are the files that would run, with their identities.
    """

    text: str
    folder: str
    argvs: tuple[tuple[str, ...], ...] = ()
    unparsed: bool = False
    doubt: str = ""
    programs: tuple[str, ...] = ()

    @property
    def reads_only(self) -> bool:
        """Whether each of its commands is known to change nothing."""
        return not self.doubt


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a tool and all that it would do.

    `arguments` is canonical JSON. `hosts` are those it would talk to.
    """

    tool: str
    kind: Kind
    title: str
    arguments: str
    targets: tuple[Target, ...] = ()
    command: Command | None = None
    hosts: tuple[str, ...] = ()
    diffs: tuple[FileDiff, ...] = ()

    @property
    def digest(self) -> str:
        """The hash of everything that it would do: an approval holds for this and nothing else."""
        return _hashed(asdict(self))

    @property
    def key(self) -> str:
        """The hash of tool and arguments: what "always for exactly this" remembers."""
        return _hashed([self.tool, self.arguments, self.command.folder if self.command else ""])


def canonical(arguments: Mapping[str, Any]) -> str:
    """Give arguments as JSON of one form, so that equal ones are equal texts."""
    return json.dumps(arguments, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def visible(text: str) -> str:
    """Give a text for a person to approve, with every control, bidi and invisible character shown as an escape."""
    return "".join(each if each.isprintable() or each in "\n\t" else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _hashed(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
