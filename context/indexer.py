"""What the project index holds of a file, and which files it must look at again.

A file with another size or time is read; what is read and has another digest is parsed and stored.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

from context.folders import path_of
from context.ignore import AI_IGNORES
from context.index_store import UNSETTLED, Record, Stamp, Store, SymbolRow
from context.languages import LANGUAGES
from context.symbols import Symbol
from context.syntax import parse
from context.text import Document
from context.walk import MAX_FILES
from context.workspace import Workspace

logger = logging.getLogger(__name__)

# Others see what is indexed so soon, and a crash loses no more. Seconds of the processor: where others take most of it,
# writing more often would take most of the rest.
_COMMIT_S = 0.5

# Above this a file is data, or as good as: found by its words, its definitions would drown all others.
_MOST_PARSED_CHARACTERS = 1_000_000
_MOST_SYMBOLS = 2_000
_MOST_NAME_CHARACTERS = 200

_LOCAL_KINDS = ("variable", "constant")
_FUNCTIONS = ("function", "method")

# A change of one of these may change what may be seen.
_RULES = frozenset((*AI_IGNORES, ".gitignore"))


class Indexer:
    """Keeps the records of a root like its files, and like the documents that are open over them.

    `complete` tells whether the last walk took in every file; it takes at most `most`.
    """

    def __init__(self, root: Path, store: Store, most: int = MAX_FILES) -> None:
        self.complete = True
        self._most = most
        self._root = root
        self._store = store
        self._workspace = Workspace([root])
        self._open: set[str] = set()
        self._committed_s = time.process_time()

    def walk(self) -> Iterator[tuple[int, int]]:
        """Index what has changed on disk; gives how many files are done, and of how many, after each."""
        files = list(self._workspace.files(self._most))
        self.complete = len(files) < self._most
        for number, path in enumerate(files, 1):
            self._index(path)
            if time.process_time() - self._committed_s > _COMMIT_S:
                self.commit()
            yield number, len(files)
        for gone in self._store.paths() - {self._key(path) for path in files} - self._open:
            self._store.remove(gone)
        for key in sorted(self._open):  # may no longer be seen
            self._index(self._root / key, changed=True)
        self.commit()

    def change(self, uri: str, language_id: str, text: str | None) -> bool:
        """Let a text count for a file, or the file itself again. What lies outside of the root is left alone.

        True when it says what may be seen, so that a walk is due.
        """
        path = path_of(uri)
        real = Path(os.path.realpath(path)) if path else None
        if real is None or not real.is_relative_to(self._root):
            return False
        key, uri = self._key(real), real.as_uri()
        if text is None:
            self._open.discard(key)
            self._workspace.close(uri)
        else:
            self._open.add(key)
            # Half a surrogate pair, which an editor can hold for a moment, cannot be stored.
            self._workspace.open(uri, language_id, 0, text.encode("utf-8", "replace").decode())
        self._index(real, changed=True)
        return real.name in _RULES

    def start_anew(self) -> None:
        """Forget all but what is open; then `walk`. Raises OSError when the file cannot be moved."""
        self._store.start_anew()
        for key in self._open:
            self._index(self._root / key, changed=True)

    def commit(self) -> None:
        """Show it to readers."""
        self._store.commit()
        self._committed_s = time.process_time()

    def _index(self, path: Path, *, changed: bool = False) -> None:
        key, stamp = self._key(path), Stamp.of(path)
        is_open = key in self._open
        stored = self._store.stored(key)
        if not changed and (is_open or (stored and stored[0] == stamp)):
            return
        document = self._workspace.document(path.as_uri())
        if document is None and (stamp is None or (changed and not self._workspace.verdict(path.as_uri()).allowed)):
            self._store.remove(key)
            return
        record = _empty(key, document)
        lasting = UNSETTLED if is_open or stamp is None else stamp.settled()
        if stored and stored[1] == record.digest:
            self._store.touch(key, lasting)
        else:
            self._store.put(_filled(record, document) if document else record, lasting)

    def _key(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix().encode("utf-8", "replace").decode()


def _empty(key: str, document: Document | None) -> Record:
    """Give a record without content: all there is about a file that is no text or is excluded for what it holds."""
    if document is None:
        return Record(key, "", b"")
    row = LANGUAGES.get(document.language_id)
    language_id = row.id if row else document.language_id
    digest = hashlib.blake2b(f"{language_id}\0{document.text}".encode(), digest_size=16).digest()
    return Record(key, language_id, digest)


def _filled(record: Record, document: Document) -> Record:
    rows = [
        SymbolRow(
            symbol.name[:_MOST_NAME_CHARACTERS],
            symbol.kind,
            symbol.container[:_MOST_NAME_CHARACTERS],
            symbol.signature,
            symbol.doc[:_MOST_NAME_CHARACTERS],
            document.line_column(symbol.span.start)[0],
            symbol.span,
        )
        for symbol in _symbols(document)
    ]
    return Record(record.path, record.language_id, record.digest, document.text, rows)


def _symbols(document: Document) -> list[Symbol]:
    """Give the definitions that others can refer to: not the variables of a function."""
    if sum(map(len, document.lines)) > _MOST_PARSED_CHARACTERS:
        return []
    try:
        found = parse(document).symbols()
    except Exception:  # whatever it is, one file must not cost all others
        logger.exception("%s is indexed without its definitions", document.uri)
        return []
    kept, function_end = [], -1
    for symbol in found:
        if symbol.kind in _FUNCTIONS:
            function_end = max(function_end, symbol.span.end)
        if symbol.kind not in _LOCAL_KINDS or symbol.span.start >= function_end:
            kept.append(symbol)
    return kept[:_MOST_SYMBOLS]
