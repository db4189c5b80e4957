"""The embedded model: finds its file, starts its engine when it is first needed, and keeps it while this process lives.

The engine is a process of its own (`local_host`), shared by all editors of one person on one machine. It ends by itself
when nobody has used it for a while, or when no client is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import platform
import stat
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import util
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Literal, TypeAlias

import httpx
import platformdirs

from lsp_server.config import LocalConfig
from lsp_server.errors import EngineFailed, EngineMissing, NoLocalModel
from lsp_server.models.local_host import EngineFolder, Record
from lsp_server.models.messages import Endpoint
from lsp_server.models.providers import EMBEDDED, PROVIDERS
from lsp_server.models.pull import DEFAULT, models_folder

logger = logging.getLogger(__name__)

State: TypeAlias = Literal["off", "loading", "ready"]
FindSpec: TypeAlias = Callable[[str], ModuleSpec | None]

# -P: the folder that an editor was started in, which may be anybody's project, is no place to import from.
HOST_COMMAND = (sys.executable, "-P", "-m", "lsp_server.models.local_host")

# Part of what engines are told apart by: a newer Antiphon does not share the engine of an older one that ran it
# differently. Raise it when the arguments or the settings of `local_host` change.
_HOST_VERSION = 1


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the parts of an engine's life may take, in seconds.

    `start_s` until a started engine must answer; `poll_s` between two looks for it; `restart_s` until another one is
    started when ours stood back for somebody else's and that one has not come; `answer_s` until a running engine must
    say that it is well; `retry_s` after a failed start, during which none is tried; `beat_s` between two heartbeats;
    `orphan_s` without a heartbeat, after which the engine ends.
    """

    start_s: float = 60.0
    poll_s: float = 0.05
    restart_s: float = 3.0
    answer_s: float = 5.0
    retry_s: float = 15.0
    beat_s: float = 20.0
    orphan_s: float = 90.0


def find_model(config: LocalConfig, folder: Path | None = None, find_spec: FindSpec = util.find_spec) -> Path:
    """Give the model file: the one of the settings, else the pulled one in `folder`, else the installed package's.

    Nothing is imported for that. Raises EngineMissing when the engine is not installed, NoLocalModel when there is no
    file; both say which command to run.
    """
    if find_spec("xllamacpp") is None or find_spec("filelock") is None:
        raise EngineMissing(
            "The embedded model's engine is not installed: run `pip install 'antiphon[local]'`, or set another model."
        )
    if config.model_path:
        path = Path(config.model_path).expanduser()
        if not path.is_file():
            raise NoLocalModel(
                f"There is no model file {path}: correct `model_path` under [local] in the settings, or remove it and "
                "run `antiphon models pull`."
            )
        return path
    for place in (folder or models_folder(), *_package_folders(find_spec)):
        if (path := place / DEFAULT.file).is_file():
            return path
    raise NoLocalModel("The embedded model is not there yet: run `antiphon models pull`, or set another model.")


class LocalModel:
    """The embedded model, as this process sees it.

    `runtime_dir` is where engines and clients meet (the platform's own folder for that by default), `find` finds the
    model file, `command` starts the engine's process, and `on_state` is told of every change of `state`, from the event
    loop. May be made before a loop runs; everything else belongs to one loop.
    """

    def __init__(
        self,
        config: LocalConfig,
        runtime_dir: Path | None = None,
        *,
        find: Callable[[LocalConfig], Path] = find_model,
        command: Sequence[str] = HOST_COMMAND,
        timing: Timing = Timing(),
        on_state: Callable[[State], None] = lambda state: None,
    ) -> None:
        self._config = config
        self._runtime_dir = runtime_dir
        self._find = find
        self._command = tuple(command)
        self._timing = timing
        self._on_state = on_state
        self._state: State = "off"
        self._endpoint: Endpoint | None = None
        self._used = False
        self._starting: asyncio.Task[Endpoint] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._failure = ("", float("-inf"))

    @property
    def state(self) -> State:
        """Whether the engine is off, being started, or ready, as far as is known without asking."""
        return self._state

    @property
    def running(self) -> bool:
        """Whether `endpoint` answers at once."""
        return self._state == "ready"

    async def endpoint(self) -> Endpoint:
        """Give the endpoint of the running engine; start it and wait until it answers when it is not running.

        Costs nothing when it runs: no file is read and nobody is asked. Callers at the same time share one start, and
        one that is cancelled does not stop it for the others. Raises EngineMissing, NoLocalModel, EngineFailed.
        """
        self.touch()
        if self._endpoint is not None:
            return self._endpoint
        if self._starting is None:
            self._starting = asyncio.create_task(self._start(), name="start the embedded model")
            self._starting.add_done_callback(self._started)
        return await asyncio.shield(self._starting)

    def touch(self) -> None:
        """Mark a use; the engine learns of it with the next heartbeat. Costs nothing."""
        self._used = True

    def forget(self) -> None:
        """Look anew, and start the engine if need be, at the next `endpoint`; for when it could not be reached."""
        self._endpoint = None
        if self._starting is None:
            self._enter("off")

    async def aclose(self) -> None:
        """Stop looking after the engine, which ends by itself when nobody else does."""
        tasks = [task for task in (self._starting, self._beating) if task is not None]
        self._starting = self._beating = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.forget()

    async def _start(self) -> Endpoint:
        said, until = self._failure
        if time.monotonic() < until:
            raise EngineFailed(said)
        model = await asyncio.to_thread(self._find, self._config)
        self._enter("loading")
        folder = await asyncio.to_thread(self._prepare, model)
        launch = _Launch([*self._command, *self._arguments(folder, model)], folder, self._timing)
        try:
            record = await launch.record()
        except EngineFailed as error:
            self._failure = str(error), time.monotonic() + self._timing.retry_s
            raise
        row = PROVIDERS[EMBEDDED]
        address = f"http://127.0.0.1:{record.port}"
        self._endpoint = Endpoint(
            row.name,
            row.dialect,
            address,
            model.stem,
            record.key,
            keep_alive=row.keep_alive,
            local=True,
            own_slots=True,
        )
        if self._beating is not None:
            self._beating.cancel()
        self._beating = asyncio.create_task(self._beat(folder), name="heartbeat of the embedded model")
        return self._endpoint

    def _started(self, task: asyncio.Task[Endpoint]) -> None:
        if self._starting is task:
            self._starting = None
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.info("the embedded model is not available: %s", error)
        self._enter("off" if self._endpoint is None else "ready")

    async def _beat(self, folder: EngineFolder) -> None:
        """Tell the engine that it is needed, and notice when it has ended."""
        while folder.record_file.exists():
            try:
                folder.heartbeat.touch()
                if self._used:
                    folder.used.touch()
            except OSError as error:
                logger.warning("the embedded model's engine cannot be told that it is needed: %s", error)
                break
            self._used = False
            await asyncio.sleep(self._timing.beat_s)
        self.forget()

    def _enter(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self._on_state(state)

    def _prepare(self, model: Path) -> EngineFolder:
        """Make the folder of the engine of this model with these settings, on this machine."""
        parent = self._runtime_dir or _runtime_folder()
        try:
            _make_private(parent)
            folder = EngineFolder(parent / _engine_name(model, self._config))
            _make_private(folder.path)
            folder.heartbeat.touch()
            folder.used.touch()
        except OSError as error:
            raise EngineFailed(
                f"The embedded model's engine has no place to meet its clients: {error}; set XDG_RUNTIME_DIR to a "
                "folder of your own."
            ) from error
        self._used = False
        return folder

    def _arguments(self, folder: EngineFolder, model: Path) -> list[str]:
        values = {
            "--folder": folder.path,
            "--model": model,
            "--context": self._config.context_window,
            "--threads": self._config.threads,
            "--orphan-s": self._timing.orphan_s,
            "--idle-s": self._config.idle_minutes * 60,
        }
        return [str(word) for pair in values.items() for word in pair]


class _Launch:
    """One start: looks for an engine that runs, starts one while there is none, and waits until it answers."""

    def __init__(self, command: Sequence[str], folder: EngineFolder, timing: Timing) -> None:
        self._command = command
        self._folder = folder
        self._timing = timing
        self._process: subprocess.Popen[bytes] | None = None
        self._spawned_at = float("-inf")

    async def record(self) -> Record:
        """Give the record of an engine that answers. Raises EngineFailed when none comes."""
        try:
            async with asyncio.timeout(self._timing.start_s):
                while True:
                    if (record := await self._look()) is not None:
                        return record
                    await asyncio.sleep(self._timing.poll_s)
        except TimeoutError as error:
            if (stuck := self._folder.record()) is not None:
                self._folder.retract(stuck)
            raise self._failed(f"did not answer within {self._timing.start_s:.0f} s") from error

    async def _look(self) -> Record | None:
        record = self._folder.record()
        if record is not None:
            match await self._health(record):
                case "well":
                    return record
                case "gone":
                    self._folder.retract(record)
                case "silent":
                    return None
        self._keep_one_coming()
        return None

    async def _health(self, record: Record) -> Literal["well", "gone", "silent"]:
        """Ask the engine something that needs the key, which a stranger on its port would not have."""
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=self._timing.answer_s) as client:
            try:
                answer = await client.get(
                    f"http://127.0.0.1:{record.port}/props", headers={"Authorization": f"Bearer {record.key}"}
                )
            except httpx.TimeoutException:
                return "silent"
            except httpx.TransportError:
                return "gone"
        return "well" if answer.status_code == httpx.codes.OK else "gone"

    def _keep_one_coming(self) -> None:
        """Start a process when there is none; one that left with 0 has seen that another one runs already."""
        code = self._process.poll() if self._process is not None else 0
        if code:
            raise self._failed(f"ended with code {code} while it started")
        if code == 0 and time.monotonic() - self._spawned_at >= self._timing.restart_s:
            self._process = _spawn(self._command, self._folder)
            self._spawned_at = time.monotonic()

    def _failed(self, what: str) -> EngineFailed:
        said = _last_lines(self._folder.log)
        return EngineFailed(
            f"The embedded model's engine {what}; it said: {said or 'nothing'} (run `antiphon doctor`, or set another "
            "model)."
        )


def _spawn(command: Sequence[str], folder: EngineFolder) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one and writes to the log alone."""
    try:
        with folder.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder.path,
                start_new_session=True,
                creationflags=_creation_flags(),
            )
    except OSError as error:
        raise EngineFailed(f"The embedded model's engine could not be started: {error}.") from error
    # Somebody must wait for it, else it stays in the process table when it ends before we do.
    threading.Thread(target=process.wait, name="wait for the embedded model", daemon=True).start()
    return process


def _creation_flags() -> int:
    """Give what stands for a new session on Windows: no console, and no end when ours is closed."""
    if sys.platform == "win32":
        return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0


def _engine_name(model: Path, config: LocalConfig) -> str:
    """Name the engine by what it cannot share; the machine counts since home folders may be on several."""
    facts = model.stat()
    what = [_HOST_VERSION, platform.node(), str(model.resolve()), facts.st_size, facts.st_mtime_ns]
    what += [config.threads, config.context_window]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


def _runtime_folder() -> Path:
    """Give the platform's folder for what lives as long as a login; without one, a folder in /tmp, made private."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # says just that, on the person's screen
        return platformdirs.user_runtime_path("antiphon")


def _make_private(folder: Path) -> None:
    """Make a folder that its owner alone can open. Raises EngineFailed when it is somebody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":
        return  # a person's folders are private there
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
        raise EngineFailed(f"The folder {folder} is somebody else's: remove it, or set XDG_RUNTIME_DIR to your own.")
    folder.chmod(0o700)


def _package_folders(find_spec: FindSpec) -> list[Path]:
    found = find_spec(DEFAULT.parts[0].module)
    return [Path(folder) for folder in (found.submodule_search_locations or ())] if found else []


def _last_lines(log: Path, count: int = 4, width: int = 400) -> str:
    with contextlib.suppress(FileNotFoundError):
        lines = log.read_text(errors="replace").split("\n")
        return " / ".join([line.strip() for line in lines if line.strip()][-count:])[-width:]
    return ""
