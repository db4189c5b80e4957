"""The embedded model's own process: a llama.cpp server on loopback that ends when nobody needs it any more.

`models.local` starts it (`python -P -m lsp_server.models.local_host --folder F --model M.gguf …`); the editors of one
person share it. They meet in one folder, open to its owner alone:

    lock         held by the engine that runs; one that finds it held leaves with 0, since it is not needed
    record.json  port, key and pid: written when the engine answers, gone when it ends; delete it to end the engine
    engine.log   what the engine printed, emptied when it is longer than LOG_BYTES
    heartbeat    touched by every client while it lives
    used         touched by every client that asks

The floor below this module is the standard library, so that it starts fast: `filelock` and the engine are imported
when they are needed.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

LOG_BYTES = 1_000_000

# Above this size, writing a token is worth more than one thread. Measured with a 98 MB model on 2 cores: one thread
# and two write a line equally fast (64 and 67 ms) when the machine is idle, and 5 times as fast with one when it is
# not, since two wait for each other at every layer.
_SMALL_MODEL_BYTES = 300_000_000

# The engine reads a prompt in pieces of this many tokens, and looks up in between: for a client that has left, and
# for the next token of somebody else's answer. 256 would read a third faster on two idle cores and 4 % on one, but
# everybody else would wait eight times as long.
_BATCH_TOKENS = 32

# Two requests at once. The slot with the lower number goes first when a piece is filled, so ghost text asks for slot 0
# and the chat for slot 1 (`id_slot`): a line beside a long question then takes 2 s, where it would wait 18 s for the
# question to be read. The cells of the context are shared, so that 8,192 tokens cost 180 MB and not 360; the spare ones
# let ghost text in beside a full chat.
_SLOTS = 2
_SPARE_TOKENS = 1024

# Prompts that had to make room: a file one comes back to is read again in 30 ms instead of 2 s (23 kB a token).
_CACHE_MIB = 128

# No cost on an idle machine. Much more would starve the engine while something is being built: at 10, six times slower.
_NICENESS = 3


@dataclass(frozen=True, slots=True)
class Record:
    """Where an engine listens on 127.0.0.1, the key it wants, and its process id (for people: no signal is sent)."""

    port: int
    key: str = field(repr=False)
    pid: int


@dataclass(frozen=True, slots=True)
class EngineFolder:
    """The folder in which an engine and its clients meet; the module's docstring says what is in it."""

    path: Path

    @property
    def lock(self) -> Path:
        """Held by the engine that runs."""
        return self.path / "lock"

    @property
    def record_file(self) -> Path:
        """Where and how to reach the engine; there as long as it answers."""
        return self.path / "record.json"

    @property
    def log(self) -> Path:
        """What the engine printed."""
        return self.path / "engine.log"

    @property
    def heartbeat(self) -> Path:
        """Touched by every client while it lives."""
        return self.path / "heartbeat"

    @property
    def used(self) -> Path:
        """Touched by every client that asks."""
        return self.path / "used"

    def record(self) -> Record | None:
        """Give the record of the engine that runs, or None."""
        try:
            values = json.loads(self.record_file.read_bytes())
            return Record(int(values["port"]), str(values["key"]), int(values["pid"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def publish(self, record: Record) -> None:
        """Put the record in its place at once and as a whole, readable by the owner alone."""
        draft = self.path / f"record.{record.pid}"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(record), file)
        draft.replace(self.record_file)

    def retract(self, record: Record) -> None:
        """Remove the record if it is still this one; the engine that it tells of then ends."""
        if self.record() == record:
            self.record_file.unlink(missing_ok=True)


@dataclass(slots=True)
class Watch:
    """A file that somebody touches as long as the engine is needed.

    What counts is how long ago it was seen to change, on the engine's own clock: the time of day may jump, and a
    laptop that was closed for an hour is given its limit again.
    """

    path: Path
    limit_s: float
    clock: Callable[[], float] = time.monotonic
    _seen_ns: int = -1
    _since: float = 0.0

    def expired(self) -> bool:
        """Say whether the file has not been touched for `limit_s` seconds, or is gone."""
        try:
            touched_ns = self.path.stat().st_mtime_ns
        except FileNotFoundError:
            return True
        if touched_ns != self._seen_ns:
            self._seen_ns, self._since = touched_ns, self.clock()
        return self.clock() - self._since > self.limit_s


class Threads(NamedTuple):
    """How many threads write tokens, and how many read a prompt."""

    writing: int
    reading: int


def threads_for(model_bytes: int, cores: int, wanted: int = 0) -> Threads:
    """Choose the threads for a model of this size; `wanted`, from the settings, bounds both when it is not 0.

    Reading a prompt gains from every core (1.6 times as fast on two). Writing with a small model gains nothing from
    a second thread; a larger one gets all cores but the editor's.
    """
    writing = 1 if model_bytes < _SMALL_MODEL_BYTES else wanted or cores - 1
    return Threads(max(1, writing), max(1, wanted or cores))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the engine until nobody needs it; gives 0 then, and also at once when another one runs already."""
    options = _parser().parse_args(arguments)
    folder = EngineFolder(options.folder)
    filelock = import_module("filelock")
    lock = filelock.FileLock(folder.lock)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    record: Record | None = None
    try:
        folder.log.touch()
        os.truncate(folder.log, 0)
        _server, record = _start(options)  # lives as long as it is referred to
        folder.publish(record)
        _wait(folder, Watch(folder.heartbeat, options.orphan_s), Watch(folder.used, options.idle_s))
    finally:
        if record is not None:
            folder.retract(record)
        lock.release()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local_host", description="The embedded model's own process.")
    parser.add_argument("--folder", type=Path, required=True, help="where clients and engine meet")
    parser.add_argument("--model", type=Path, required=True, help="a GGUF file")
    parser.add_argument("--context", type=int, required=True, help="tokens that one request may have")
    parser.add_argument("--threads", type=int, default=0, help="at most so many; 0 chooses")
    parser.add_argument("--orphan-s", type=float, default=90.0, help="end so long after the last heartbeat")
    parser.add_argument("--idle-s", type=float, default=900.0, help="end so long after the last use")
    return parser


def _start(options: argparse.Namespace) -> tuple[Any, Record]:
    """Load the model and listen; gives the server, which lives as long as it is referred to."""
    threads = threads_for(options.model.stat().st_size, _cores(), options.threads)
    if threads.writing == 1:
        # Threads that spin while they wait keep the others from what they wait for when the machine is busy. Asleep,
        # two read a prompt as fast as before; only writing with several would suffer (2.7 times slower).
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if sys.platform != "win32":
        os.nice(_NICENESS)
    try:
        engine: Any = import_module("xllamacpp")
    except ImportError as error:
        sys.exit(f"The engine cannot be loaded: {error}. On Debian and Ubuntu, `apt install libgomp1` may be missing.")
    key = secrets.token_urlsafe(32)
    try:
        server = engine.Server(_parameters(engine, options, threads, key))
    except RuntimeError as error:  # the engine has said more above
        sys.exit(str(error))
    port = urlsplit(server.listening_address).port
    if port is None:
        sys.exit(f"The engine listens at an address without a port: {server.listening_address}")
    return server, Record(port, key, os.getpid())


def _parameters(engine: Any, options: argparse.Namespace, threads: Threads, key: str) -> Any:
    """Set up the server. The settings are llama.cpp's; what is not set here keeps its default there."""
    parameters = engine.CommonParams()
    parameters.model.path = str(options.model)
    parameters.offline = True
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.cors_origins = ""  # no web page has any business here, with the key or without
    parameters.cors_credentials = False
    parameters.ui = False
    parameters.verbosity = 2  # warnings and errors: the log is for people, and holds nothing of what is asked
    parameters.n_parallel = _SLOTS
    parameters.n_ctx = options.context + _SPARE_TOKENS
    parameters.kv_unified = True
    parameters.kv_unified_per_slot = options.context
    # By default an idle slot is saved and emptied at the next request, and not always found again. Left alone, the
    # chat and ghost text never evict each other.
    parameters.cache_idle_slots = False
    parameters.cache_ram_mib = _CACHE_MIB
    parameters.n_batch = parameters.n_ubatch = _BATCH_TOKENS
    # Off: a short answer comes in 75 ms instead of 105, but a long prompt is read a fifth slower.
    parameters.flash_attn_type = engine.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.cpuparams.n_threads = threads.writing
    parameters.cpuparams_batch.n_threads = threads.reading
    return parameters


def _wait(folder: EngineFolder, *watches: Watch) -> None:
    """Come back when a client has not been seen for too long, or the record, the log or the folder is gone."""
    pause_s = min(1.0, *(watch.limit_s / 4 for watch in watches))
    while folder.record_file.exists() and folder.log.exists() and not any(watch.expired() for watch in watches):
        if folder.log.stat().st_size > LOG_BYTES:
            os.truncate(folder.log, 0)
        time.sleep(pause_s)


def _cores() -> int:
    """Give the cores that this process may use: fewer than the machine's in a container."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


if __name__ == "__main__":
    # Not sys.exit: the server's farewell waits until it has read the prompt it is at, and this one is not needed.
    os._exit(main())
