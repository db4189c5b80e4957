"""Gathers for completions, ahead of them where it can, and holds on to what it has while a person types along.

What the index has is worked out on the thread that reads it, begun when the cursor moves; a request waits a moment and
takes what is ready. So a key costs what is new and nothing else, and a model server keeps what it has read.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from context.budget import Shares, fit, share_out, size_of
from context.gather import imports_of, outline, stable_snippets, verbatim_snippets
from context.index import Index
from context.index_reader import ProjectQuestion
from context.indexes import Indexes
from context.library import Library
from context.notebooks import Notebooks
from context.project import Project
from context.recent import Recent
from context.resolve import Resolver
from context.retrieve import Query, Retrieval
from context.snippet import Snippet
from context.text import Document, Span
from context.workspace import Workspace, path_of

logger = logging.getLogger(__name__)

# While the cursor stays within so many lines, the same snippets serve.
_HELD_LINES = 8

# So much more room than when they were gathered, and they are gathered anew.
_ROOMIER = 1.5

# An index takes about a second to take in what has changed.
_CATCH_UP_S = 3.0

# A gathering that nobody waits for any more may go on for so long; its answer is for the next key.
_PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a completion wants gathered: for an offset, in so many characters.

    `window` is the span of the document that is shown anyway. `verbatim` wants code as it stands in other files, for a
    small model, and nothing made of it.
    """

    document: Document
    offset: int
    window: Span
    characters: int
    verbatim: bool = False

    @property
    def line(self) -> int:
        """The offset's line."""
        return self.document.line_column(self.offset)[0]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Snippets, what stays put longest first; `reason` says why there may be fewer than there could be, or is ""."""

    snippets: tuple[Snippet, ...] = ()
    reason: str = ""


@dataclass(slots=True)
class _Gathering:
    """One answer of the project on its way, or there: for what was wanted, in a state of everything it depends on.

    `stable` grows on the reader's thread. `stopped` tells that thread that nobody wants more. `young` when the index
    was complete only just, and may not have written all of it.
    """

    wanted: Wanted
    line: int
    state: tuple[object, ...]
    edits: list[Snippet]
    made_s: float
    young: bool
    stable: list[Snippet] = field(default_factory=list)
    stopped: bool = False
    done: bool = False
    fault: str = ""
    task: asyncio.Task[None] | None = None

    def serves(self, wanted: Wanted, state: tuple[object, ...]) -> bool:
        """Tell whether these snippets serve for something else that is wanted, in another state."""
        near = self.wanted.document.uri == wanted.document.uri and abs(self.line - wanted.line) <= _HELD_LINES
        room = size_of(self.stable) <= wanted.characters <= self.wanted.characters * _ROOMIER
        return near and room and self.state == state and self.wanted.verbatim == wanted.verbatim

    def is_stale(self, now_s: float) -> bool:
        """Tell whether there may be more by now: nothing was found, or the index was young."""
        return now_s - self.made_s > _CATCH_UP_S and (self.young or not self.stable)

    def snippets(self) -> tuple[Snippet, ...]:
        """Give what has come so far, and the last edits."""
        stable = list(self.stable)
        return (*stable, *fit(self.edits, self.wanted.characters - size_of(stable)))


class Gatherer:
    """What completions of one workspace are given beside the text around the cursor."""

    def __init__(
        self,
        workspace: Workspace,
        make_index: Callable[[Path], Index] = Index,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.indexes = Indexes(make_index)
        self.notebooks = Notebooks()
        self._workspace = workspace
        self._recent = Recent(clock)
        self._clock = clock
        self._built_s: dict[Index, float] = {}
        self._edits_in: dict[str, int] = {}
        self._library = Library(workspace, ())
        self._resolver = Resolver(workspace, library=self._library)
        self._current: _Gathering | None = None
        self._catching_up: asyncio.Task[None] | None = None

    async def set_folders(self, folders: Sequence[Path]) -> None:
        """Take over the workspace folders: their indexes are opened, and built in the background."""
        self._library.set_folders(folders)
        self._resolver.set_folders(folders)
        self._drop()
        self._built_s.clear()
        await self.indexes.set_folders(folders)

    async def aclose(self) -> None:
        """End what is under way, and let go of every index."""
        self._drop()
        if self._catching_up is not None:
            self._catching_up.cancel()
            await asyncio.wait([self._catching_up])
        await self.indexes.aclose()

    # What a person does

    def opened(self, uri: str) -> None:
        """Tell that a document was opened; one that may not be seen stays unknown."""
        document = self._workspace.opened(uri)
        if document is not None:
            self._recent.visit(uri)
            self.indexes.changed(uri, document)

    def changed(self, before: Document, after: Document) -> None:
        """Tell that an open document that may be seen has changed. `after.change` says where, None: anywhere."""
        known = self._recent.generation
        self._recent.change(before, after)
        self._edits_in[after.uri] = self._edits_in.get(after.uri, 0) + self._recent.generation - known
        self.indexes.changed(after.uri, after)

    def closed(self, uri: str) -> None:
        """Tell that a document was closed: nothing of it stays, and its file counts again."""
        self._recent.forget(uri)
        self._edits_in.pop(uri, None)
        self.indexes.changed(uri)
        if self._current is not None and self._shows({uri}):
            self._drop()

    def files_changed(self, uris: Collection[str]) -> None:
        """Tell which files were made, changed or removed on disk."""
        self._resolver.forget()
        self._library.forget()
        self.indexes.files_changed(uris)
        if self._shows(uris):
            self._drop()
            if self._catching_up is None or self._catching_up.done():
                self._catching_up = asyncio.create_task(self._catch_up())

    def rules_changed(self) -> None:
        """Tell that other files may be seen than before: what may not be is forgotten, and everything looked at."""
        for uri in self._recent.files():
            if self._workspace.opened(uri) is None:
                self.closed(uri)
        self._drop()
        self.indexes.refresh()

    # What a completion wants

    def continued(self, document: Document, offset: int) -> tuple[Document, int]:
        """Give a notebook's cell below the earlier ones, and the offset there; any other document as it is."""
        return self.notebooks.continued(document, offset, self._workspace.opened)

    def prepare(self, wanted: Wanted) -> None:
        """Begin to gather, unless what is held or under way serves. Nobody waits for it."""
        self._gathering(wanted)

    async def snippets(self, wanted: Wanted, deadline_s: float) -> Gathered:
        """Give what is ready within `deadline_s` seconds.

        While a person types along in one place, it is the same as before, until something else than that has changed.
        """
        gathering = self._gathering(wanted)
        if gathering.task is not None and not gathering.done:
            await asyncio.wait([gathering.task], timeout=deadline_s)
        return Gathered(gathering.snippets(), self._reason(wanted.document.uri, gathering))

    def name(self, uri: str) -> str:
        """Give the name by which a model knows a file: its path in the workspace folder, or the last part of it."""
        path = path_of(uri)
        if path is None:
            return uri.rpartition("/")[2].partition("#")[0] or "untitled"
        folder = self.indexes.folder(uri)
        for each in (folder, folder and folder.resolve()):
            if each and path.is_relative_to(each):
                return path.relative_to(each).as_posix()
        return path.name

    def repository(self, uri: str) -> str:
        """Give the name of the workspace folder that a document is in."""
        folder = self.indexes.folder(uri)
        return folder.name if folder else "project"

    def _gathering(self, wanted: Wanted) -> _Gathering:
        """Give the gathering that serves, a new one if need be."""
        uri, line = wanted.document.uri, wanted.line
        index = self.indexes.of(uri)
        elsewhere = self._recent.generation - self._edits_in.get(uri, 0)
        state, now_s = (elsewhere, index, self.indexes.is_built(uri)), self._clock()
        current = self._current
        if current is not None and current.serves(wanted, state) and not current.is_stale(now_s):
            return current
        self._drop()
        edits = [each for each in self._recent.edits(uri, line) if self._workspace.opened(each.uri)]
        shares = share_out(wanted.characters, Shares(0, 0, wanted.characters, size_of(edits)))
        gathering = _Gathering(wanted, line, state, edits, now_s, self._is_young(uri, now_s))
        if index is not None:
            question = self._question(gathering, frozenset(self._recent.files()), shares.stable)
            gathering.task = asyncio.create_task(_answered(index, question))
        elif not wanted.verbatim:
            gathering.stable += outline(wanted.document, line, wanted.window, shares.stable)
        self._current = gathering
        return gathering

    def _is_young(self, uri: str, now_s: float) -> bool:
        index = self.indexes.of(uri)
        if index is None or not self.indexes.is_built(uri):
            return False
        return now_s - self._built_s.setdefault(index, now_s) < _CATCH_UP_S

    def _question(self, gathering: _Gathering, opened: frozenset[str], characters: int) -> ProjectQuestion:
        """Give what the reader's thread is to work out; it gets nothing that the event loop changes."""
        wanted = gathering.wanted
        shared = wanted.document
        # A document remembers where it was asked last.
        document = Document(shared.uri, shared.language_id, shared.version, shared.lines)

        def snippets(project: Project, late: Callable[[], bool]) -> Iterator[Snippet]:
            imports = imports_of(document)
            targets = self._resolver.targets(document, imports) if not late() else []
            query = Query.at(document, wanted.offset)
            retrieval = Retrieval(query, project, imports, opened, late, targets)
            if wanted.verbatim:
                return verbatim_snippets(retrieval, project, characters, late)
            return stable_snippets(document, wanted.offset, wanted.window, retrieval, characters, late)

        def question(project: Project, is_late: Callable[[], bool]) -> Iterator[Snippet]:
            def late() -> bool:
                return gathering.stopped or is_late()

            try:
                for snippet in snippets(project, late):
                    gathering.stable.append(snippet)
                    yield snippet
            except sqlite3.Error:
                raise  # the index knows what to do about its file
            except Exception as error:
                logger.exception("gathering failed in an unforeseen way")
                gathering.fault = f"Gathering failed: {error!r}. Please report this."
            gathering.done = not late()

        return question

    async def _catch_up(self) -> None:
        """Gather anew once the index knows what has changed; until then it may still show what was.

        While a person types, the index has always something to do: then after a while.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self.indexes.settled(), _CATCH_UP_S)
        self._drop()

    def _drop(self) -> None:
        if self._current is not None:
            self._current.stopped = True
        self._current = None

    def _shows(self, uris: Collection[str]) -> bool:
        current = self._current
        return current is not None and any(each.uri in uris for each in (*current.stable, *current.edits))

    def _reason(self, uri: str, gathering: _Gathering) -> str:
        index = self.indexes.of(uri)
        if index is None:
            return "The file is in no workspace folder, so there is no project to look into."
        if index.fault or gathering.fault:
            return index.fault or gathering.fault
        if not self.indexes.is_built(uri):
            done, total = index.progress
            return f"The project is still being indexed ({done:,} of {total:,} files)."
        return "" if gathering.done else "Gathering took too long; what was ready was used."


async def _answered(index: Index, question: ProjectQuestion) -> None:
    await index.ask_project(question, deadline_s=_PATIENCE_S)
