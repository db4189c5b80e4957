"""What the tests of the embedded model share: engines that are looked at from outside, and clients that get closed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import filelock

from lsp_server.config import LocalConfig
from lsp_server.models.local import LocalModel, Timing
from lsp_server.models.local_host import EngineFolder

PATIENCE_S = 60.0
QUICK = Timing(poll_s=0.01, restart_s=0.2, retry_s=0.0, beat_s=0.02, answer_s=1.0)

# An engine that listens, and answers those who know its key. Its first argument is what is wrong with it.
ENGINE = """\
import http.server, os, pathlib, sys, threading, time, filelock
from lsp_server.models.local_host import EngineFolder, Record
fault = sys.argv[1]
folder = EngineFolder(pathlib.Path(sys.argv[sys.argv.index("--folder") + 1]))
with (folder.path / "starts").open("a") as file:
    file.write(f"{os.getpid()}\\n")
if fault == "fails":
    print("loading the model", file=sys.stderr)
    sys.exit("the model is of an unknown architecture")
lock = filelock.FileLock(folder.lock)
try:
    lock.acquire(timeout=0)
except filelock.Timeout:
    sys.exit(0)
if fault == "stands back":
    sys.exit(0)
class Engine(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if fault == "silent":
            time.sleep(60)
        self.send_response(200 if self.headers["Authorization"] == "Bearer secret" else 401)
        self.end_headers()
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Engine)
threading.Thread(target=server.serve_forever, daemon=True).start()
folder.publish(Record(server.server_port, "secret", os.getpid()))
while folder.record_file.exists():
    time.sleep(0.01)
"""


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, and fail when it does not become so."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 (what is waited for happens in other processes)
            await asyncio.sleep(0.01)


def folders(runtime_dir: Path) -> list[EngineFolder]:
    """Give the folders of all engines."""
    return [EngineFolder(path) for path in runtime_dir.iterdir()] if runtime_dir.is_dir() else []


def end_engines(runtime_dir: Path) -> None:
    """End every real engine as its protocol says, and wait for it."""
    for folder in folders(runtime_dir):
        folder.record_file.unlink(missing_ok=True)
        with filelock.FileLock(folder.lock, timeout=PATIENCE_S):
            pass


@asynccontextmanager
async def open_client(model: LocalModel) -> AsyncIterator[LocalModel]:
    """Close a client at the end."""
    try:
        yield model
    finally:
        await model.aclose()


async def kill(folder: EngineFolder) -> None:
    """Kill the engine of a folder the hard way, and wait until it is dead."""
    record = folder.record()
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)

    def dead() -> bool:
        with suppress(ProcessLookupError):
            os.kill(record.pid, 0)
            return False
        return True

    await until(dead)


def starts(runtime_dir: Path) -> int:
    """Give how many processes the engine that only listens has been."""
    files = [folder.path / "starts" for folder in folders(runtime_dir)]
    return sum(len(file.read_text().split()) for file in files if file.exists())


class Home:
    """A person's machine: a model file, a runtime folder, and an engine that only listens."""

    def __init__(self, tmp_path: Path) -> None:
        self.runtime_dir = tmp_path / "run"
        self.model = tmp_path / "tiny-model.Q4_1.gguf"
        self.model.write_bytes(b"GGUF")
        self.script = tmp_path / "engine.py"
        self.script.write_text(ENGINE)

    def client(self, fault: str = "", timing: Timing = QUICK, **more: Any) -> LocalModel:
        """Make one editor's view of the engine; `more` goes to its settings, `on_state` to itself."""
        on_state = more.pop("on_state", lambda state: None)
        return LocalModel(
            LocalConfig(model_path=str(self.model), **more),
            self.runtime_dir,
            find=lambda config: Path(config.model_path),
            command=(sys.executable, str(self.script), fault),
            timing=timing,
            on_state=on_state,
        )

    def folder(self) -> EngineFolder:
        """Give the folder of the only engine there is."""
        (folder,) = folders(self.runtime_dir)
        return folder
