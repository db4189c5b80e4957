"""The embedded model as a client sees it: found, started once, shared, looked after, and started again.

The engine of these tests only listens; `test_local_host` has the real one.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from lsp_server.config import LocalConfig
from lsp_server.errors import EngineFailed, EngineMissing, NoLocalModel
from lsp_server.models.local import LocalModel, State, Timing, find_model
from lsp_server.models.local_host import Record
from lsp_server.models.messages import Endpoint
from lsp_server.models.pull import DEFAULT
from tests.models.engines import Home, folders, kill, open_client, starts, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Make a home, and end what was started in it."""
    home = Home(tmp_path)
    yield home
    for folder in folders(home.runtime_dir):
        folder.record_file.unlink(missing_ok=True)


def installed(*folders: Path) -> Callable[[str], ModuleSpec | None]:
    """Give a find_spec for a Python with the engine, and the model's package in a folder if one is given."""

    def find_spec(name: str) -> ModuleSpec | None:
        spec = ModuleSpec(name, None, is_package=True)
        if name not in ("xllamacpp", "filelock"):
            if not folders:
                return None
            spec.submodule_search_locations = [str(folder) for folder in folders]
        return spec

    return find_spec


def with_model(folder: Path) -> Path:
    """Put a model file into a folder."""
    folder.mkdir()
    (folder / DEFAULT.file).write_bytes(b"GGUF")
    return folder / DEFAULT.file


def test_the_model_of_the_settings_comes_first(tmp_path: Path) -> None:
    """Then the pulled one, then the one of the installed package."""
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")
    packaged = with_model(tmp_path / "package")
    spec = installed(tmp_path / "package")
    assert find_model(LocalConfig(), tmp_path / "pulled", spec) == packaged
    pulled = with_model(tmp_path / "pulled")
    assert find_model(LocalConfig(), tmp_path / "pulled", spec) == pulled
    assert find_model(LocalConfig(model_path=str(own)), tmp_path / "pulled", spec) == own


def test_without_a_model_the_message_names_the_command(tmp_path: Path) -> None:
    """One command, to be copied."""
    with pytest.raises(NoLocalModel, match="antiphon models pull"):
        find_model(LocalConfig(), tmp_path, installed())


def test_a_model_path_that_leads_nowhere_is_not_replaced_by_another_model(tmp_path: Path) -> None:
    """Who has chosen a model wants to know that it is gone."""
    with_model(tmp_path / "pulled")
    with pytest.raises(NoLocalModel, match=r"gone\.gguf: correct `model_path`"):
        find_model(LocalConfig(model_path="~/gone.gguf"), tmp_path / "pulled", installed())


def test_without_the_engine_the_message_names_the_extra(tmp_path: Path) -> None:
    """The engine is no part of a plain installation."""
    with pytest.raises(EngineMissing, match=r"pip install 'antiphon\[local\]'"):
        find_model(LocalConfig(), tmp_path, lambda name: None)


async def test_no_engine_is_started_without_a_model(tmp_path: Path) -> None:
    """The fault is raised by `endpoint`, every time, before anything is made or told."""

    def find(config: LocalConfig) -> Path:
        return find_model(config, tmp_path / "pulled", installed())

    told: list[State] = []
    async with open_client(LocalModel(LocalConfig(), tmp_path / "run", find=find, on_state=told.append)) as model:
        for _ in range(2):
            with pytest.raises(NoLocalModel):
                await model.endpoint()
        assert not told
        assert not (tmp_path / "run").exists()


async def test_the_endpoint_is_the_running_engine(home: Home) -> None:
    """On loopback, with a key, a connection a request, and the model's name."""
    async with open_client(home.client()) as model:
        endpoint = await model.endpoint()
    record = home.folder().record()
    assert record is not None
    assert endpoint == Endpoint(
        "local",
        "llamacpp",
        f"http://127.0.0.1:{record.port}",
        "tiny-model.Q4_1",
        "secret",
        keep_alive=False,
        local=True,
        own_slots=True,
    )


async def test_a_running_engine_costs_nothing_to_find(home: Home) -> None:
    """No file is read and nobody is asked: with all of it gone, the answer is the same."""
    async with open_client(home.client(timing=Timing(poll_s=0.01))) as model:
        endpoint = await model.endpoint()
        home.folder().record_file.unlink()
        assert await model.endpoint() == endpoint


async def test_callers_at_the_same_time_share_one_start(home: Home) -> None:
    """Five keys while the engine loads are not five engines."""
    async with open_client(home.client()) as model:
        endpoints = await asyncio.gather(*(model.endpoint() for _ in range(5)))
    assert len(set(map(repr, endpoints))) == 1
    assert starts(home.runtime_dir) == 1


async def test_a_caller_that_is_cancelled_does_not_stop_the_start(home: Home) -> None:
    """A superseded completion leaves at once; the engine comes up for the next."""
    async with open_client(home.client()) as model:
        caller = asyncio.create_task(model.endpoint())
        await until(lambda: model.state == "loading")
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await until(lambda: model.running)
    assert starts(home.runtime_dir) == 1


async def test_editors_share_the_engine(home: Home) -> None:
    """The second one finds the first one's, and starts nothing."""
    async with open_client(home.client()) as one, open_client(home.client()) as other:
        assert await one.endpoint() == await other.endpoint()
    assert starts(home.runtime_dir) == 1


async def test_another_context_window_is_another_engine(home: Home) -> None:
    """What is fixed when an engine starts cannot be shared."""
    async with open_client(home.client()) as one, open_client(home.client(context_window=512)) as other:
        assert (await one.endpoint()).base_url != (await other.endpoint()).base_url


async def test_how_long_an_engine_may_idle_makes_no_difference(home: Home) -> None:
    """Two editors with other patience still share it."""
    async with open_client(home.client()) as one, open_client(home.client(idle_minutes=1.0)) as other:
        assert await one.endpoint() == await other.endpoint()


async def test_states_are_told_as_they_change(home: Home) -> None:
    """A status bar can say what is going on."""
    told: list[State] = []
    async with open_client(home.client(on_state=told.append)) as model:
        await model.endpoint()
        await model.endpoint()
        assert told == ["loading", "ready"]
    assert told == ["loading", "ready", "off"]


async def test_an_engine_that_dies_at_its_start_is_quoted(home: Home) -> None:
    """Its last lines are the only thing that says why."""
    async with open_client(home.client("fails")) as model:
        with pytest.raises(EngineFailed, match=r"code 1.*loading the model / the model is of an unknown architecture"):
            await model.endpoint()
        assert model.state == "off"


async def test_an_engine_that_failed_is_not_started_at_every_key(home: Home) -> None:
    """For a while the answer is the same without a process."""
    async with open_client(home.client("fails", Timing(poll_s=0.01, retry_s=1000))) as model:
        said = []
        for _ in range(3):
            with pytest.raises(EngineFailed) as caught:
                await model.endpoint()
            said.append(str(caught.value))
    assert starts(home.runtime_dir) == 1
    assert len(set(said)) == 1


async def test_an_engine_that_failed_is_tried_again_later(home: Home) -> None:
    """The person may have mended it."""
    async with open_client(home.client("fails")) as model:
        for _ in range(2):
            with pytest.raises(EngineFailed):
                await model.endpoint()
    assert starts(home.runtime_dir) == 2


async def test_an_engine_that_cannot_be_started_at_all_is_told(home: Home) -> None:
    """Here the program is missing."""
    model = LocalModel(LocalConfig(), home.runtime_dir, find=lambda config: home.model, command=("/no/such/program",))
    async with open_client(model):
        with pytest.raises(EngineFailed, match="could not be started"):
            await model.endpoint()


async def test_an_engine_that_never_answers_is_given_up_and_replaced(home: Home) -> None:
    """Its record is taken away, which ends it, so that the next start gets a fresh one."""
    async with open_client(home.client("silent", Timing(start_s=0.5, poll_s=0.01, answer_s=0.1))) as model:
        with pytest.raises(EngineFailed, match="did not answer"):
            await model.endpoint()
    assert home.folder().record() is None


async def test_a_process_that_stands_back_is_waited_for_the_other(home: Home) -> None:
    """Two editors started engines at once; ours has left, theirs comes up a moment later."""
    async with open_client(home.client("stands back")) as model, open_client(home.client()) as other:
        waiting = asyncio.create_task(model.endpoint())
        await until(lambda: starts(home.runtime_dir) >= 2)
        assert not waiting.done()
        endpoint = await other.endpoint()
        assert await waiting == endpoint


async def test_a_killed_engine_is_replaced_after_forget(home: Home) -> None:
    """Its record stays behind and leads nowhere."""
    async with open_client(home.client()) as model:
        before = await model.endpoint()
        await kill(home.folder())
        model.forget()
        assert model.state == "off"
        after = await model.endpoint()
    assert after.base_url != before.base_url
    assert starts(home.runtime_dir) == 2


async def test_a_stranger_on_the_port_is_not_taken_for_the_engine(home: Home) -> None:
    """Ports are given out again; the stranger does not know the key."""
    async with open_client(home.client(context_window=512)) as stranger, open_client(home.client()) as model:
        port = int((await stranger.endpoint()).base_url.rpartition(":")[2])
        theirs = home.folder()
        await model.endpoint()
        (ours,) = [folder for folder in folders(home.runtime_dir) if folder != theirs]
        ours.publish(Record(port, "another key", os.getpid()))
        model.forget()
        endpoint = await model.endpoint()
    assert endpoint.base_url != f"http://127.0.0.1:{port}"
    assert endpoint.key == "secret"


async def test_forgetting_a_healthy_engine_costs_one_look(home: Home) -> None:
    """A request that failed for another reason does not cost the engine its life."""
    async with open_client(home.client()) as model:
        before = await model.endpoint()
        model.forget()
        assert await model.endpoint() == before
    assert starts(home.runtime_dir) == 1


async def test_an_engine_that_ended_is_noticed_before_it_is_asked(home: Home) -> None:
    """After a pause the first request goes to a new engine instead of into the void."""
    async with open_client(home.client()) as model:
        await model.endpoint()
        home.folder().record_file.unlink()
        await until(lambda: not model.running)
        await model.endpoint()
    assert starts(home.runtime_dir) == 2


async def test_a_client_touches_its_heartbeat_always_and_the_use_when_it_asks(home: Home) -> None:
    """So the engine can tell an editor that lives from one that works."""
    async with open_client(home.client()) as model:
        await model.endpoint()
        folder = home.folder()
        os.utime(folder.used, (1, 1))
        for _ in range(3):
            os.utime(folder.heartbeat, (1, 1))
            await until(lambda: folder.heartbeat.stat().st_mtime > 1)
        assert folder.used.stat().st_mtime == 1
        model.touch()
        await until(lambda: folder.used.stat().st_mtime > 1)


async def test_a_closed_client_beats_no_more_and_leaves_the_engine_alone(home: Home) -> None:
    """Another editor may need it; it ends by itself when none does."""
    model = home.client()
    await model.endpoint()
    await model.aclose()
    assert home.folder().record() is not None
    assert model.state == "off"
    assert [task for task in asyncio.all_tasks() if "embedded" in task.get_name()] == []


async def test_closing_in_the_middle_of_a_start_leaves_nothing_behind(home: Home) -> None:
    """A server that is ended while the engine loads."""
    model = home.client("silent")
    caller = asyncio.create_task(model.endpoint())
    await until(lambda: starts(home.runtime_dir) == 1)
    await model.aclose()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert [task for task in asyncio.all_tasks() if "embedded" in task.get_name()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a person's folders private by itself")
async def test_nobody_else_can_read_the_key(home: Home) -> None:
    """The folders are the owner's, and so is the record, whatever the umask."""
    before = os.umask(0)
    try:
        async with open_client(home.client()) as model:
            await model.endpoint()
    finally:
        os.umask(before)
    modes = [path.stat().st_mode & 0o777 for path in (home.runtime_dir, home.folder().path, home.folder().record_file)]
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
async def test_a_runtime_folder_that_somebody_has_put_there_is_refused(home: Home, tmp_path: Path) -> None:
    """In a folder that is open to all, a link could lead anywhere."""
    (tmp_path / "elsewhere").mkdir()
    home.runtime_dir.symlink_to(tmp_path / "elsewhere")
    async with open_client(home.client()) as model:
        with pytest.raises(EngineFailed, match="somebody else's"):
            await model.endpoint()


async def test_a_runtime_folder_that_cannot_be_is_told(home: Home) -> None:
    """Here a file stands in its place."""
    home.runtime_dir.write_text("")
    async with open_client(home.client()) as model:
        with pytest.raises(EngineFailed, match="XDG_RUNTIME_DIR"):
            await model.endpoint()
