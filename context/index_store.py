"""The records of the project index, as their one writer sees them: a file with its text, words, symbols and uses.

Readers in other processes see whole transactions (write-ahead log).
"""

from __future__ import annotations

import time
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from context.index_file import MOST_WINDOWS, WORD_COUNT_BITS, create, open_or_create, set_aside, shuffled
from context.index_words import Words
from context.project import folded, path_parts
from context.text import Span, split_lines
from context.usage import uses_of
from context.windows import windows_of, words_of_window

# A change within this time of another may leave no trace in the file's time (kernels count in ticks, FAT in 2 s).
_RACY_NS = 2_100_000_000

_ADD_FILE = "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells a version of a file from others without reading it. A time of 0 is never that of a file."""

    size_bytes: int
    mtime_ns: int

    @staticmethod
    def of(path: Path) -> Stamp | None:
        """Give the stamp of a file as it stands; None when it is not there."""
        try:
            status = path.stat()
        except OSError:
            return None
        return Stamp(status.st_size, status.st_mtime_ns)

    def settled(self) -> Stamp:
        """Give what may be stored: a file that changed just now may change again and keep its stamp."""
        return self if time.time_ns() - self.mtime_ns > _RACY_NS else UNSETTLED


UNSETTLED = Stamp(0, 0)


@dataclass(frozen=True, slots=True)
class SymbolRow:
    """A definition as it is stored. `span` is in code points, `line` its first line, both from zero."""

    name: str
    kind: str
    container: str
    signature: str
    doc: str
    line: int
    span: Span


@dataclass(frozen=True, slots=True)
class Record:
    """Everything about one file. `path` is relative to the root, with "/"."""

    path: str
    language_id: str
    digest: bytes
    text: str = ""
    symbols: Sequence[SymbolRow] = ()


class Store:
    """The records, for the holder of the claim. What is put becomes visible to readers by `commit`.

    Every method raises sqlite3.Error; after one that `is_damage`, `start_anew`.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._connection = open_or_create(database)
        self._words = Words(self._connection)

    def start_anew(self) -> None:
        """Set the file aside and begin an empty one. Raises OSError when it cannot be moved."""
        self._connection.close()
        set_aside(self._database)
        self._connection = create(self._database)
        self._words = Words(self._connection)

    def stored(self, path: str) -> tuple[Stamp, bytes] | None:
        """Give stamp and digest of a file's record."""
        row = self._one("SELECT size_bytes, mtime_ns, digest FROM file WHERE path = ?", path)
        return (Stamp(row[0], row[1]), row[2]) if row else None

    def paths(self) -> set[str]:
        """Give the paths of all records."""
        return {path for (path,) in self._connection.execute("SELECT path FROM file")}

    def touch(self, path: str, stamp: Stamp) -> None:
        """Say that a file with another stamp is the same."""
        values = (stamp.size_bytes, stamp.mtime_ns, path)
        self._connection.execute("UPDATE file SET size_bytes = ?, mtime_ns = ? WHERE path = ?", values)

    def put(self, record: Record, stamp: Stamp) -> None:
        """Store the record of a file in place of the one before."""
        self.remove(record.path)
        windows = _windows(record.text)
        words = [words_of_window(window) for window in windows]
        file_id = self._add_file(record, stamp, windows, words)
        rows = (
            (file_id, s.name, folded(s.name), s.kind, s.container, s.signature, s.doc, s.line, s.span.start, s.span.end)
            for s in record.symbols
        )
        self._connection.executemany("INSERT INTO symbol VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        uses = ((name, shuffled(file_id), member) for name, member in uses_of(record.text))
        self._connection.executemany("INSERT INTO use VALUES (?, ?, ?)", uses)
        self._words.add(file_id, words)

    def remove(self, path: str) -> None:
        """Forget a file."""
        row = self._one("SELECT id, text FROM file WHERE path = ?", path)
        if row is None:
            return
        file_id, text = row[0], inflated(row[1])
        self._words.remove(file_id, [words_of_window(window) for window in _windows(text)])
        names = {(name, shuffled(file_id)) for name, _ in uses_of(text)}
        self._connection.executemany("DELETE FROM use WHERE name = ? AND shuffled = ?", names)
        for statement in ("symbol WHERE file_id", "file WHERE id"):
            self._connection.execute(f"DELETE FROM {statement} = ?", (file_id,))

    def commit(self) -> None:
        """Show readers what was put and removed."""
        self._words.flush()
        self._connection.commit()

    def close(self) -> None:
        """Close the file; what was not committed is lost."""
        self._connection.close()

    def _add_file(self, record: Record, stamp: Stamp, windows: Sequence[str], words: Sequence[set[str]]) -> int:
        most, start = (1 << WORD_COUNT_BITS) - 1, 0
        numbers = array("I")
        for window, found in zip(windows, words, strict=True):
            numbers.append(start << WORD_COUNT_BITS | min(len(found), most))
            start += len(window)
        number = self._number(max(1, len(windows)))
        described = (number, record.path, *_stem_and_folder(record.path), record.language_id)
        version = (stamp.size_bytes, stamp.mtime_ns, record.digest)
        content = (numbers.tobytes(), zlib.compress(record.text.encode()))
        self._connection.execute(_ADD_FILE, described + version + content)
        return number

    def _number(self, windows: int) -> int:
        """Give the first of so many numbers that were never given."""
        number: int = self._connection.execute("SELECT next FROM number").fetchone()[0]
        self._connection.execute("UPDATE number SET next = ?", (number + windows,))
        return number

    def _one(self, statement: str, value: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(statement, (value,)).fetchone()
        return row


def inflated(text: bytes) -> str:
    """Give the text of a file back."""
    return zlib.decompress(text).decode()


def _windows(text: str) -> list[str]:
    return windows_of(split_lines(text))[:MOST_WINDOWS]


def _stem_and_folder(path: str) -> tuple[str, str]:
    """Give the last two parts of a module's name, by which imports are found."""
    parts = ("", *path_parts(path))
    return parts[-1], parts[-2]
