"""The program that writes the project index: `python -P -m context.index_host ROOT DATABASE IDLE_S`.

Parsing holds Python's lock for up to 40 ms at a time, which a person who types would feel, so it happens in a process
of its own, with less right to the processor than others. It obeys lines of JSON on its standard input, in their order:

- `{"walk": true}`: look at every file, and index what has changed; answered by `{"progress": [done, total]}` on the
  way, and `{"walked": true, "complete": bool}`, which tells whether that were all files;
- `{"changes": [{"uri", "language_id", "text"}]}`: the text counts from now on; null: the file does; answered by
  `{"changed": true, "walks": bool}`, also in the middle of a walk; one `walks` when what may be seen has changed;
- `{"damaged": true}`: make the index anew, and walk.

What it cannot do it says with `{"fault": sentence}` before it ends. It ends when its input does, or after some time
without a line. Only one process writes: another one waits until that is gone.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

from context.index_file import Claim, is_damage
from context.index_store import Store
from context.indexer import Indexer

logger = logging.getLogger(__name__)

Json: TypeAlias = Mapping[str, Any]
Lines: TypeAlias = queue.Queue[Json | None]

# Behind the editor, the server and an embedded model, yet with some of a busy machine.
_NICENESS = 10

_CLAIM_AGAIN_S = 1.0
_PROGRESS_S = 0.25

# A file that is damaged again and again lies on a disk that fails.
_MOST_DAMAGES = 3


class Host:
    """Does what the lines say; None is their end. `say` takes an answer."""

    def __init__(self, indexer: Indexer, lines: Lines, say: Callable[[Json], None]) -> None:
        self._indexer = indexer
        self._lines = lines
        self._say = say
        self._walk: Iterator[tuple[int, int]] | None = None
        self._said_s = 0.0
        self._damages = 0

    def run(self, idle_s: float) -> None:
        """Obey until the lines end, or none has come for so long. Changes come between two files of a walk.

        Raises OSError and sqlite3.Error for what no new index can mend, such as a full disk.
        """
        while True:
            try:
                line = self._lines.get_nowait() if self._walk else self._lines.get(timeout=idle_s)
            except queue.Empty:
                if self._walk is None:
                    return
                line = {}
            if line is None:
                return
            try:
                self._obey(line)
            except sqlite3.DatabaseError as error:
                self._mend(error)
                if "changes" in line:
                    self._say({"changed": True, "walks": True})

    def _obey(self, line: Json) -> None:
        if "damaged" in line:
            self._start_anew()
        elif "walk" in line:
            self._walk = self._indexer.walk()
        elif "changes" in line:
            changes = [(change["uri"], change["language_id"], change["text"]) for change in line["changes"]]
            rules_changed = any([self._indexer.change(*change) for change in changes])  # noqa: C419 (all are made)
            if rules_changed:
                self._walk = self._indexer.walk()
            self._indexer.commit()
            self._say({"changed": True, "walks": rules_changed})
        elif self._walk is not None:
            self._step(next(self._walk, None))

    def _step(self, progress: tuple[int, int] | None) -> None:
        if progress is None:
            self._walk = None
            self._say({"walked": True, "complete": self._indexer.complete})
            return
        now_s = time.monotonic()
        if now_s - self._said_s > _PROGRESS_S or progress[0] == progress[1]:
            self._said_s = now_s
            self._say({"progress": progress})

    def _mend(self, error: sqlite3.DatabaseError) -> None:
        self._damages += 1
        if not is_damage(error) or self._damages > _MOST_DAMAGES:
            raise error
        logger.warning("the index is damaged and is made anew: %s", error)
        self._start_anew()

    def _start_anew(self) -> None:
        self._indexer.start_anew()
        self._walk = self._indexer.walk()


def main(arguments: Sequence[str]) -> None:
    """Wait for the claim, then obey."""
    root, database, idle_s = Path(arguments[0]), Path(arguments[1]), float(arguments[2])
    lines: Lines = queue.Queue()
    ended = threading.Event()
    threading.Thread(target=_read, args=(lines, ended), daemon=True).start()
    try:
        with closing(Claim(database)) as claim:
            while not claim.take():
                if ended.wait(_CLAIM_AGAIN_S):
                    return
            with closing(Store(database)) as store:
                Host(Indexer(root, store), lines, _say).run(idle_s)
    except (OSError, sqlite3.Error) as error:
        if not ended.is_set():
            _say({"fault": f"the project is not indexed: {error} ({database}); free space or rights there are needed."})


def _read(lines: Lines, ended: threading.Event) -> None:
    for line in sys.stdin.buffer:
        lines.put(json.loads(line))
    ended.set()
    lines.put(None)


def _say(answer: Json) -> None:
    try:
        os.write(sys.stdout.fileno(), json.dumps(answer).encode() + b"\n")
    except OSError:
        logger.debug("nobody listens any more")  # and so the input ends, too


if __name__ == "__main__":
    logging.basicConfig(format="antiphon's index: %(message)s")
    if sys.platform != "win32":
        os.nice(_NICENESS)
    main(sys.argv[1:])
    logging.shutdown()
    # At its end Python would wait for the lock of the standard input, which a thread still reads.
    os._exit(0)
