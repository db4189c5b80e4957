"""A tool, what it is given besides its arguments, and what comes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from context.diagnostics import Diagnostic
from context.text import Document
from context.workspace import Workspace
from lsp_server.editor import Editor
from lsp_server.models.messages import ToolSpec
from lsp_server.tools.request import FileDiff, Kind, Request

Arguments: TypeAlias = Mapping[str, Any]

# Kinds that change nothing, so that several may run at once.
READING: frozenset[Kind] = frozenset({"read", "search"})


@dataclass(frozen=True, slots=True)
class Location:
    """A place that a call has to do with; `line` counts from zero, None is the whole file."""

    uri: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What came of a call: text for the model, and what a face can show beside it.

    `untrusted` says that the text comes from outside of the project, so that whoever wrote it may try to give orders.
    """

    text: str
    is_error: bool = False
    locations: tuple[Location, ...] = ()
    diffs: tuple[FileDiff, ...] = ()
    untrusted: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """What a call would do, and the doing of it. `perform` does just what `request` says, or refuses."""

    request: Request
    perform: Callable[[], Awaitable[ToolOutcome]]


class Definition(Protocol):
    """A definition as the project's index gives it."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def kind(self) -> str:
        """What it is, such as "function"."""

    @property
    def container(self) -> str:
        """What it stands in; "" for the file."""

    @property
    def signature(self) -> str:
        """Its header on one line."""

    @property
    def line(self) -> int:
        """Its first line, from zero."""


class ProjectIndex(Protocol):
    """The questions that tools ask the project's index; each gives what it finds until its deadline."""

    async def symbols(self, names: Sequence[str], *, deadline_s: float, limit: int) -> Sequence[Definition]:
        """Give the definitions of some names."""

    async def outline(self, path: Path) -> Sequence[Definition]:
        """Give the definitions of one file, in order."""


class EditorLookups(Protocol):
    """What an editor with a language server of its own can tell about the name at a place."""

    async def definition(self, document: Document, offset: int) -> Sequence[Location] | None:
        """Give where it is defined; None when the editor cannot tell."""

    async def references(self, document: Document, offset: int) -> Sequence[Location] | None:
        """Give where it is used; None when the editor cannot tell."""


class Reads:
    """Which version of each file the model of one session has seen."""

    def __init__(self) -> None:
        self._digests: dict[str, str] = {}

    def note(self, uri: str, text: str) -> None:
        """Remember that the model knows this text."""
        self._digests[uri] = _digest(text)

    def is_current(self, uri: str, text: str) -> bool:
        """Tell whether this is the text that the model has seen; True also when it has seen none."""
        return self._digests.get(uri) in (None, _digest(text))


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """A step of the model's plan, in the words of the Agent Client Protocol."""

    content: str
    status: str = "pending"
    priority: str = "medium"


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What the tools of one session work with. None stands for what its face or the server does not offer.

    `folders` are the workspace folders; a relative path counts from the first. `own_folders` hold our own settings,
    which no tool may write. `environment` is what commands are given, before it is scrubbed. `diagnostics` gives those
    of a document, `ask_user` the answer to a question with some proposed ones (None is no answer), `recall` texts of
    past sessions, and `on_output` is told what a command prints while it runs.
    """

    workspace: Workspace
    folders: tuple[Path, ...]
    editor: Editor
    environment: Mapping[str, str]
    reads: Reads = field(default_factory=Reads)
    own_folders: tuple[Path, ...] = ()
    index: ProjectIndex | None = None
    lookups: EditorLookups | None = None
    diagnostics: Callable[[str], Sequence[Diagnostic]] | None = None
    ask_user: Callable[[str, Sequence[str]], Awaitable[str | None]] | None = None
    recall: Callable[[str, int], Awaitable[Sequence[str]]] | None = None
    show_plan: Callable[[Sequence[PlanEntry]], None] | None = None
    on_output: Callable[[str], None] | None = None
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool. `parameters` is the JSON Schema of its arguments, an object.

    `prepare` looks, and changes nothing: it says what the call would do, and gives the doing of it.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    kind: Kind
    prepare: Callable[[Arguments, ToolContext], Awaitable[Action]]

    @property
    def beside_others(self) -> bool:
        """Whether several of its calls may run at once, and beside those of others that may."""
        return self.kind in READING

    @property
    def spec(self) -> ToolSpec:
        """What the model is told."""
        return ToolSpec(self.name, self.description, self.parameters)


def parameters(required: Sequence[str] = (), **properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the JSON Schema of arguments: an object of these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
