"""What can go along with a question, made from its address: files, definitions, outlines, problems, diffs, hits, maps.

Whatever the address, text comes from the workspace, which gives out no excluded file. The same address asked again
gives what holds then.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from context.definition import find_definition, last_name
from context.diagnostics import Diagnostic, diagnostics_text
from context.focus import Focus, is_test
from context.folders import holds, path_of
from context.git_diff import DiffError, git_diff
from context.hits import ProjectIndex, excerpts
from context.outline import outline
from context.patch import fitted
from context.repo_map import Graph, ranked, repository_map
from context.syntax import parse
from context.tags import TagReader
from context.text import Document
from context.workspace import Workspace
from lsp_server.chat.address import Address, address_of
from lsp_server.chat.attachment import Attachment, Count, Kind, attached_lines, line_count
from lsp_server.chat.prompt import name_of
from lsp_server.errors import AssistantError

# What was made about the project may take this share of the room for a question, and no more tokens than this.
_SHARES: Mapping[Kind, tuple[float, int]] = {
    "map": (0.25, 1_024),
    "outline": (0.25, 4_000),
    "search": (0.25, 4_000),
    "diff": (0.5, 20_000),
    "staged": (0.5, 20_000),
}

# Reading 500 files takes 3 to 7 s the first time; after these seconds what there is has to do.
_PATIENCE_S = 8.0
_INDEX_PATIENCE_S = 1.0

# A definition up to this length goes along whole or not at all: half of it misleads.
_WHOLE_LINES = 60
_MOST_HITS = 30
_MOST_PLACES = 50
_ALSO = 5

# Why a file's changes are shown all the same: git says of such a file only that it differs.
_HARMLESS = ("", "no-file", "binary", "too-large")


@dataclass(frozen=True, slots=True)
class Asking:
    """What is known of the question: its words, how to read a document by its URI, and the room it has.

    `opened` are the URIs of files that the conversation is about.
    """

    question: str
    read: Callable[[str], Document | None]
    count: Count
    room_tokens: int
    opened: tuple[str, ...] = ()

    def room(self, kind: Kind) -> int:
        """Give the tokens that something of a kind may take."""
        share, most = _SHARES[kind]
        return min(int(self.room_tokens * share), most)


class Sources:
    """Everything that the conversations about one folder can be given.

    `diagnostics` are what the editor reports, by URI, as it stands whenever it is looked at. `index` gives the index of
    the project, None while there is none: then names are found by reading the project's files, and words are not.
    """

    def __init__(
        self,
        workspace: Workspace,
        root: Path,
        *,
        tags: TagReader | None = None,
        index: Callable[[], ProjectIndex | None] = lambda: None,
        diagnostics: Mapping[str, Sequence[Diagnostic]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.root = Path(os.path.abspath(root))
        self._workspace = workspace
        self._tags = tags or TagReader(workspace, clock)
        self._index = index
        self._diagnostics = diagnostics if diagnostics is not None else {}
        self._clock = clock
        self._makers: Mapping[Kind, Callable[[Address, Asking], Awaitable[Attachment | None]]] = {
            "map": self._map,
            "outline": self._outline,
            "file": self._file,
            "symbol": self._symbol,
            "search": self._search,
            "diagnostics": self._problems,
            "diff": self._diff,
            "staged": self._diff,
        }

    async def attach(self, address: Address, asking: Asking) -> Attachment | None:
        """Give what an address names, as it is now; None when there is nothing of that name.

        Raises AssistantError when no model may see it, or it cannot be had for another reason.
        """
        return await self._makers[address.kind](address, asking)

    async def again(self, before: Attachment, asking: Asking) -> Attachment | None:
        """Give what an attachment has become, as `attach`; a definition is looked for where it stood."""
        address = address_of(before.uri)
        if address.kind == "symbol":
            there = self._definition(address, (self.root / before.place).as_uri(), before.first_line - 1)
            if there is not None:
                return there
        return await self.attach(address, asking)

    def name(self, uri: str) -> str:
        """Give the name of a file in this conversation: its path below the folder, else its own name."""
        path = path_of(uri)
        if path is None or not holds(self.root, path):
            return name_of(uri)
        return path.relative_to(self.root).as_posix()

    def find(self, path: str, *, is_folder: bool = False) -> str | None:
        """Give the URI of a file or folder below the conversation's folder; None when it is not there.

        A file is there on disk or in the editor. Whether a model may see it is another question.
        """
        found = Path(os.path.abspath(self.root / path))
        if not holds(self.root, found):
            return None
        uri = found.as_uri()
        there = os.path.isdir(found) if is_folder else os.path.isfile(found) or self._workspace.opened(uri) is not None
        return uri if there else None

    def check(self, uri: str, name: str) -> None:
        """Raise AssistantError when no model may see a file; one that is not there may be seen."""
        if not self._may_be_seen(uri):
            raise AssistantError(f"{name} is not sent to a model: {self._workspace.verdict(uri, attached=True)}")

    def reported(self, address: Address, found: Sequence[Diagnostic]) -> Attachment:
        """Give the diagnostics of one file. Raises AssistantError when no model may see it."""
        name = self.name(address.value)
        self.check(address.value, name)
        return _problems(name, self._problem_texts(address.value, found), address.uri)

    def _problem_texts(self, uri: str, found: Sequence[Diagnostic]) -> list[str]:
        texts = diagnostics_text(found, self._workspace.document(uri, attached=True), self.name, self._may_be_seen)
        return [f"{self.name(uri)}, {text}" for text in texts]

    def _may_be_seen(self, uri: str) -> bool:
        return self._workspace.verdict(uri, attached=True).reason in ("", "no-file")

    async def _file(self, address: Address, asking: Asking) -> Attachment | None:
        name = self.name(address.value)
        document = asking.read(address.value)
        if document is None:
            self.check(address.value, name)
            return None
        return attached_lines(document, name, address.lines, address.uri)

    async def _symbol(self, address: Address, asking: Asking) -> Attachment | None:
        places = await self._places(address.value, asking)
        found = ((place, self._definition(address, place.as_uri(), line)) for place, line in places.items())
        home, attachment = next((each for each in found if each[1] is not None), (None, None))
        if attachment is None:
            return None
        others = [f"{self.name(path.as_uri())}:{line + 1}" for path, line in places.items() if path != home]
        also = ", ".join([*others[:_ALSO], *(["…"] if len(others) > _ALSO else [])])
        return replace(attachment, note=f"also defined in {also}" if also else "")

    async def _places(self, name: str, asking: Asking) -> dict[Path, int]:
        """Give where a name is defined, once a file; what is open comes first, tests come last."""
        last, index, found = last_name(name), self._index(), list[tuple[Path, int]]()
        if index is not None:
            symbols = await index.symbols([last], deadline_s=_INDEX_PATIENCE_S, limit=_MOST_PLACES)
            found = [(each.path, each.line) for each in symbols]
        if not found:
            tags = await asyncio.to_thread(self._tags.read, self.root, self._clock() + _PATIENCE_S, asking.opened)
            found = [(self.root / each.path, each.line) for each in tags.definitions() if each.name == last]
        opened = {path_of(uri) for uri in asking.opened}
        found.sort(key=lambda each: (each[0] not in opened, is_test(self.name(each[0].as_uri())), each))
        places: dict[Path, int] = {}
        for path, line in found:
            places.setdefault(path, line)
        return places

    def _definition(self, address: Address, uri: str, line: int) -> Attachment | None:
        document = self._workspace.document(uri)
        if document is None:
            return None
        found = find_definition(self._workspace.syntax(uri) or parse(document), address.value, line)
        if found is None:
            return None
        lines = tuple(document.content(at) for at in range(found.first_line, found.end_line))
        return Attachment(
            found.qualified,
            document.language_id,
            lines,
            found.first_line + 1,
            line_count(document),
            kind="symbol",
            uri=address.uri,
            place=self.name(uri),
            steps=(0, len(lines)) if len(lines) <= _WHOLE_LINES else (),
        )

    async def _outline(self, address: Address, asking: Asking) -> Attachment | None:
        folder = path_of(address.value) if address.value else self.root
        if folder is None:
            return None
        end_s = self._clock() + _PATIENCE_S
        text = await asyncio.to_thread(
            outline,
            self._workspace,
            folder,
            asking.room("outline"),
            asking.count,
            lambda path: self._tags.tops(path, end_s),
        )
        if text is None:
            return None
        name = self.name(folder.as_uri()) if folder != self.root else folder.name
        return Attachment.of_parts("outline", name, text.removesuffix("\n").split("\n"), address.uri)

    async def _problems(self, address: Address, asking: Asking) -> Attachment | None:
        if address.value:
            return self.reported(address, self._diagnostics.get(address.value, ()))
        uris = [uri for uri in sorted(self._diagnostics) if self._may_be_seen(uri)]
        texts = [text for uri in uris for text in self._problem_texts(uri, self._diagnostics[uri])]
        return _problems("the project", texts, address.uri)

    async def _diff(self, address: Address, asking: Asking) -> Attachment:
        def visible(path: Path) -> bool:
            return self._workspace.verdict(path.as_uri()).reason in _HARMLESS

        try:
            diff = await git_diff(self.root, staged=address.kind == "staged", visible=visible)
        except DiffError as error:
            raise AssistantError(str(error)) from error
        shown = fitted(diff.files, asking.room(address.kind), asking.count)
        notes = _left_out(diff.excluded, "changed file", "excluded")
        notes += _left_out(diff.left_out + len(diff.files) - len(shown), "changed file", "too long")
        return Attachment.of_parts(address.kind, "", shown, address.uri, notes or ([] if shown else ["there are none"]))

    async def _search(self, address: Address, asking: Asking) -> Attachment:
        index = self._index()
        if index is None:
            raise AssistantError("This project is not indexed yet, so it cannot be searched: attach files, or @map.")
        hits = await index.search([address.value], deadline_s=_INDEX_PATIENCE_S, limit=_MOST_HITS)
        found = excerpts(
            hits, lambda path: self._workspace.document(path.as_uri()), lambda path: self.name(path.as_uri())
        )
        shown = _fitting(found, asking.room("search"), asking.count)
        notes = _left_out(len(found) - len(shown), "hit", "too long") if found else ["nothing was found"]
        return Attachment.of_parts("search", address.value, shown, address.uri, notes)

    async def _map(self, address: Address, asking: Asking) -> Attachment:
        opened = frozenset(map(self.name, asking.opened))

        def draw() -> tuple[str, bool]:
            tags = self._tags.read(self.root, self._clock() + _PATIENCE_S, asking.opened)
            found = ranked(Graph(tags), Focus(asking.question, opened))
            return repository_map(found, asking.room("map"), asking.count), tags.late

        text, late = await asyncio.to_thread(draw)
        notes = ["some files were not read in time"] if late else [] if text else ["no definitions were found"]
        return Attachment.of_parts("map", "", text.removesuffix("\n").split("\n") if text else (), address.uri, notes)


def _problems(name: str, texts: Sequence[str], uri: str) -> Attachment:
    return Attachment.of_parts("diagnostics", name, texts, uri, [] if texts else ["the editor reports none"])


def _fitting(parts: Sequence[str], room_tokens: int, count: Count) -> list[str]:
    """Keep the texts that fit, in their order; one that does not fit is left out whole."""
    kept: list[str] = []
    for part in parts:
        cost = count(part)
        if cost <= room_tokens:
            kept.append(part)
            room_tokens -= cost
    return kept


def _left_out(number: int, what: str, why: str) -> list[str]:
    """Say how many of something are not shown; nothing when all are."""
    return [f"{number:,} {what}{'s' if number > 1 else ''} left out: {why}"] if number else []
