"""The embedded model's engine: its choices and its folder, and the real one with the real model."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import filelock
import httpx
import pytest

from lsp_server.config import LocalConfig
from lsp_server.errors import EngineFailed
from lsp_server.models import local_host
from lsp_server.models.local import HOST_COMMAND, LocalModel, Timing, find_model
from lsp_server.models.local_host import EngineFolder, Record, Watch, threads_for
from lsp_server.models.messages import Endpoint
from tests.models.engines import PATIENCE_S, end_engines, folders, kill, open_client, until

pytestmark = pytest.mark.anyio

REAL = LocalConfig(threads=1)
PROMPT = "# A prompt of some length, which has to be read before anything can be said.\n" * 40


@pytest.fixture(scope="module")
def runtime_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder in which the first test that asks starts an engine, and the others share it."""
    folder = tmp_path_factory.mktemp("engines")
    yield folder
    end_engines(folder)


@asynccontextmanager
async def asking(endpoint: Endpoint, key: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Give a plain HTTP client of an engine."""
    headers = {"Authorization": f"Bearer {endpoint.key if key is None else key}", "Connection": "close"}
    async with httpx.AsyncClient(base_url=endpoint.base_url, headers=headers, trust_env=False, timeout=60) as client:
        yield client


async def complete(client: httpx.AsyncClient, prompt: str, **more: Any) -> dict[str, Any]:
    """Ask for a completion and give the last event, with all the text under "text"."""
    asked = {"prompt": prompt, "stream": True, "temperature": 0, "n_predict": 8} | more
    async with client.stream("POST", "/completion", json=asked) as answer:
        assert answer.status_code == httpx.codes.OK, await answer.aread()
        events = [json.loads(line[6:]) async for line in answer.aiter_lines() if line.startswith("data: ")]
    last: dict[str, Any] = events[-1]
    return last | {"text": "".join(event["content"] for event in events)}


async def slots(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Give what the engine says about the requests that it can hold."""
    given: list[dict[str, Any]] = (await client.get("/slots")).json()
    return given


def read(last: dict[str, Any]) -> int:
    """Give how many tokens of the prompt the engine knows after an answer."""
    return int(last["timings"]["prompt_n"]) + cached(last)


def cached(last: dict[str, Any]) -> int:
    """Give how many tokens of the prompt it knew before."""
    return int(last["timings"]["cache_n"])


async def busy(client: httpx.AsyncClient) -> bool:
    """Say whether the engine computes for anybody."""
    return any(slot["is_processing"] for slot in await slots(client))


def start_process(folder: EngineFolder, options: list[str]) -> subprocess.Popen[bytes]:
    """Start an engine as a client does."""
    with folder.log.open("ab") as log:
        return subprocess.Popen([*HOST_COMMAND, *options], stdout=log, stderr=log)


@pytest.mark.parametrize(
    ("megabytes", "cores", "wanted", "threads"),
    [
        (98, 2, 0, (1, 2)),
        (98, 8, 0, (1, 8)),
        (98, 1, 0, (1, 1)),
        (98, 8, 4, (1, 4)),
        (1500, 1, 0, (1, 1)),
        (1500, 2, 0, (1, 2)),
        (1500, 8, 0, (7, 8)),
        (1500, 8, 3, (3, 3)),
        (98, 2, 1, (1, 1)),
    ],
)
def test_threads_are_chosen_by_model_and_machine(
    megabytes: int, cores: int, wanted: int, threads: tuple[int, int]
) -> None:
    """(writing, reading): a small model writes with one; the settings bound both; there is always one."""
    assert threads_for(megabytes * 1_000_000, cores, wanted) == threads


def test_a_watch_runs_out_when_its_file_is_left_alone(tmp_path: Path) -> None:
    """The time that counts is the watch's own, from when it saw the file change."""
    file, clock = tmp_path / "heartbeat", SimpleNamespace(now=0.0)
    file.touch()
    watch = Watch(file, 90.0, lambda: clock.now)
    seen = []
    for clock.now, touched in ((0.0, None), (90.0, None), (90.5, 10**18), (180.0, None), (181.0, None)):
        if touched is not None:
            os.utime(file, ns=(touched, touched))
        seen.append(watch.expired())
    assert seen == [False, False, False, False, True]


def test_a_watched_file_that_is_gone_has_run_out(tmp_path: Path) -> None:
    """Somebody has cleaned up."""
    assert Watch(tmp_path / "heartbeat", 90.0).expired()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"port": 1}', '{"port": "x", "key": "k", "pid": 1}'])
def test_a_damaged_record_is_none(tmp_path: Path, content: str) -> None:
    """An engine is started as if it were not there."""
    folder = EngineFolder(tmp_path)
    folder.record_file.write_text(content)
    assert folder.record() is None


def test_a_record_is_retracted_by_who_knows_it(tmp_path: Path) -> None:
    """A newer engine's record is left alone."""
    folder, old, new = EngineFolder(tmp_path), Record(1, "old", 1), Record(2, "new", 2)
    folder.publish(new)
    folder.retract(old)
    assert folder.record() == new
    folder.retract(new)
    assert folder.record() is None


def test_an_engine_stands_back_when_another_one_runs(tmp_path: Path) -> None:
    """It leaves with 0 before it has loaded anything, and without touching the other one's log."""
    folder = EngineFolder(tmp_path)
    folder.log.write_text("the other one's")
    with filelock.FileLock(folder.lock):
        assert local_host.main(["--folder", str(tmp_path), "--model", "no.gguf", "--context", "512"]) == 0
    assert folder.log.read_text() == "the other one's"


@pytest.mark.model
async def test_the_real_engine_continues_a_text(runtime_dir: Path) -> None:
    """Found, started, asked, answered."""
    async with open_client(LocalModel(REAL, runtime_dir)) as model, asking(await model.endpoint()) as client:
        last = await complete(client, "def add(a, b):\n    return a +", stop=["\n"])
        assert last["text"].strip() == "b"


@pytest.mark.model
async def test_real_clients_share_one_process(runtime_dir: Path) -> None:
    """One record, one address, one key."""
    async with open_client(LocalModel(REAL, runtime_dir)) as one, open_client(LocalModel(REAL, runtime_dir)) as other:
        assert await one.endpoint() == await other.endpoint()
    assert len(folders(runtime_dir)) == 1


@pytest.mark.model
async def test_a_wrong_key_is_refused(runtime_dir: Path) -> None:
    """Another person on the machine, or a web page, gets nothing."""
    async with open_client(LocalModel(REAL, runtime_dir)) as model, asking(await model.endpoint(), "wrong") as client:
        for path in ("/completion", "/v1/chat/completions"):
            answer = await client.post(
                path, json={"prompt": "x", "messages": []}, headers={"Origin": "https://a.example"}
            )
            assert answer.status_code == httpx.codes.UNAUTHORIZED
            assert not answer.headers["Access-Control-Allow-Origin"]


@pytest.mark.model
async def test_each_request_may_fill_the_whole_context_window(runtime_dir: Path) -> None:
    """Requests side by side share the memory, not the window."""
    async with open_client(LocalModel(REAL, runtime_dir)) as model, asking(await model.endpoint()) as client:
        assert [slot["n_ctx"] for slot in await slots(client)] == [REAL.context_window] * 2


@pytest.mark.model
@pytest.mark.parametrize(("ghost", "chat"), [({}, {}), ({"id_slot": 0}, {"id_slot": 1})])
async def test_a_chat_does_not_evict_the_text_before_the_cursor(
    runtime_dir: Path, ghost: dict[str, int], chat: dict[str, int]
) -> None:
    """Both keep what the engine has read of them, whether they name their slots or not."""
    prefix = f"import json\n\n\ndef load{len(ghost)}(path):\n    with open(path) as file:\n        return json."
    messages = [{"role": "user", "content": "What does json.load do, and how is it different from json.loads?"}]
    asked = {"messages": messages, "max_tokens": 8} | chat
    async with open_client(LocalModel(REAL, runtime_dir)) as model, asking(await model.endpoint()) as client:
        first = await complete(client, prefix, **ghost)
        answer = await client.post("/v1/chat/completions", json=asked)
        second = await complete(client, prefix + "load", **ghost)
        again = await client.post("/v1/chat/completions", json=asked)
    assert cached(second) >= read(first) - 1
    assert cached(again.json()) >= read(answer.json()) - 1


@pytest.mark.model
async def test_ghost_text_does_not_wait_for_a_long_question_to_be_read(runtime_dir: Path) -> None:
    """In slot 0 it goes first, a piece of the question at a time."""
    question = {
        "messages": [{"role": "user", "content": PROMPT}],
        "stream": True,
        "return_progress": True,
        "id_slot": 1,
    }
    async with open_client(LocalModel(REAL, runtime_dir)) as model, asking(await model.endpoint()) as client:
        await complete(client, "for number in ", n_predict=1, id_slot=0)
        async with client.stream("POST", "/v1/chat/completions", json=question) as answer:
            lines = (line async for line in answer.aiter_lines() if "prompt_progress" in line)
            await anext(lines)
            await complete(client, "for number in range", n_predict=2, id_slot=0)
            (chat,) = [slot for slot in await slots(client) if slot["id"] == 1]
            assert chat["is_processing"]
            assert chat["next_token"][0]["n_decoded"] == 0


@pytest.mark.model
async def test_an_answer_that_nobody_waits_for_stops_soon(runtime_dir: Path) -> None:
    """Also while the prompt is still being read, as long as the request asks to be told of its progress."""
    asked = {"prompt": PROMPT, "stream": True, "n_predict": 4, "return_progress": True}
    async with open_client(LocalModel(REAL, runtime_dir)) as model, asking(await model.endpoint()) as client:
        async with client.stream("POST", "/completion", json=asked) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    total = json.loads(line[6:])["prompt_progress"]["total"]
                    break
        async with asyncio.timeout(PATIENCE_S):
            while await busy(client):
                pass  # each question waits for its answer
        # What has been read until then is known; the rest is what nobody read.
        whole = await complete(client, PROMPT, n_predict=1)
    assert cached(whole) < total / 2


@pytest.mark.model
async def test_a_real_engine_ends_when_no_client_is_left(tmp_path: Path) -> None:
    """Its record goes with it, and its place is free."""
    model = LocalModel(REAL, tmp_path, timing=Timing(orphan_s=1.0, beat_s=0.05))
    await model.endpoint()
    (folder,) = folders(tmp_path)
    with pytest.raises(filelock.Timeout):
        filelock.FileLock(folder.lock).acquire(timeout=0)
    await model.aclose()
    await until(lambda: not folder.record_file.exists())
    with filelock.FileLock(folder.lock, timeout=PATIENCE_S):
        pass


@pytest.mark.model
async def test_a_real_engine_ends_when_nobody_asks_and_comes_back_when_somebody_does(tmp_path: Path) -> None:
    """The editor lives and its heart beats, but the memory is not needed."""
    impatient = LocalConfig(threads=1, idle_minutes=0.005)
    async with open_client(LocalModel(impatient, tmp_path, timing=Timing(beat_s=0.05))) as model:
        await model.endpoint()
        await until(lambda: not model.running)
    async with open_client(LocalModel(REAL, tmp_path)) as model, asking(await model.endpoint()) as client:
        assert (await complete(client, "x = "))["text"]
    end_engines(tmp_path)


@pytest.mark.model
async def test_a_killed_real_engine_is_replaced(tmp_path: Path) -> None:
    """The lock of a dead process is free."""
    async with open_client(LocalModel(REAL, tmp_path)) as model:
        await model.endpoint()
        await kill(folders(tmp_path)[0])
        model.forget()
        async with asking(await model.endpoint()) as client:
            assert (await complete(client, "x = "))["text"]
    end_engines(tmp_path)


@pytest.mark.model
async def test_of_two_real_engines_started_at_once_one_is_left(tmp_path: Path) -> None:
    """The other leaves with 0."""
    folder = EngineFolder(tmp_path)
    folder.heartbeat.touch()
    folder.used.touch()
    options = ["--folder", str(tmp_path), "--model", str(find_model(REAL)), "--context", "512", "--threads", "1"]
    engines = [start_process(folder, options) for _ in range(2)]
    await until(lambda: folder.record() is not None)
    await until(lambda: any(engine.poll() is not None for engine in engines))
    record = folder.record()
    assert record is not None
    assert [engine.poll() for engine in engines if engine.pid != record.pid] == [0]
    folder.record_file.unlink()
    assert [engine.wait(PATIENCE_S) for engine in engines] == [0, 0]


@pytest.mark.model
async def test_a_file_that_is_no_model_makes_the_real_engine_say_so(tmp_path: Path) -> None:
    """Its own words are in the message."""
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(1000))
    async with open_client(LocalModel(LocalConfig(model_path=str(broken)), tmp_path / "run")) as model:
        with pytest.raises(EngineFailed, match=r"it said: .*failed to load model"):
            await model.endpoint()


@pytest.mark.model
def test_the_engine_is_found_without_being_imported() -> None:
    """Importing it takes memory and a moment, and is the child's affair."""
    code = (
        "import sys; from lsp_server.config import LocalConfig; from lsp_server.models.local import find_model; "
        "find_model(LocalConfig()); print([name for name in sys.modules if 'llama' in name or 'smol' in name])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"
