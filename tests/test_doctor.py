"""The doctor tries what the settings name, in earnest, and says what to do about what does not work."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from lsp_server.config import Config, LocalConfig
from lsp_server.doctor import Finding, examine
from lsp_server.errors import EngineFailed, EngineMissing, FimUnsupported, ModelNotFound, NoLocalModel, Unreachable
from lsp_server.models.client import ModelClient
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Finished,
    ModelRequest,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
)
from lsp_server.models.providers import Model
from lsp_server.settings import Problem, parse
from tests.fakes import ModelServer, Rule

pytestmark = pytest.mark.anyio

WORK = {"like": "llamacpp", "base_url": "http://127.0.0.1:9"}


@dataclass
class FakeClient:
    """Answers at once: an error is raised, texts are streamed."""

    ghost_text: Sequence[str] | Exception = (" width * height",)
    chat: Sequence[StreamEvent] | Exception = (TextDelta("ready"),)
    refused: frozenset[str] = frozenset()
    models: Any = None
    requests: list[ModelRequest] = field(default_factory=list)
    closed: int = 0

    async def stream(
        self, request: ModelRequest, endpoint: Endpoint, *, timeout_s: float
    ) -> AsyncGenerator[StreamEvent, None]:
        """Give what the test wants said."""
        self.requests.append(request)
        try:
            if isinstance(request, FimRequest) and request.suffix is not None and "infill" in self.refused:
                raise FimUnsupported("This server has no tokens for a hole; use another model.")
            said = self.chat if isinstance(request, ChatRequest) else self.ghost_text
            if isinstance(said, Exception):
                raise said
            for each in said:
                yield each if not isinstance(each, str) else TextDelta(each)
            yield Finished("end_turn")
        finally:
            self.closed += 1

    async def get_json(self, endpoint: Endpoint, path: str) -> Any:
        """Give the list of models."""
        if isinstance(self.models, Exception):
            raise self.models
        return self.models


async def connect(model: Model) -> Endpoint:
    """Give the endpoint, as if the embedded engine ran already."""
    return model.endpoint


def find_model(config: LocalConfig) -> Path:
    """Give a model file, as if it were there."""
    return Path("/models/small.gguf")


async def check(
    settings: Mapping[str, Any],
    client: FakeClient,
    *expected: tuple[str, str, str],
    environ: Mapping[str, str] = {},
    seconds: float = 0.01,
) -> list[Finding]:
    """Examine; findings of these levels must have subjects and messages (with remedies) that hold these texts.

    The clock goes on by `seconds` at each look.
    """
    config, problems = parse(settings)
    assert not problems
    ticks = count()
    found = await examine(
        config,
        client=client,
        connect=connect,
        find_model=find_model,
        environ=environ,
        clock=lambda: next(ticks) * seconds,
    )
    told = [(each.level, each.subject, f"{each.message} {each.remedy}") for each in found]
    for level, subject, text in expected:
        assert any(level == a and subject in b and text in c for a, b, c in told), told
    assert len(client.requests) == client.closed, "a stream was left open"
    return found


def levels(findings: list[Finding]) -> set[str]:
    """Give the levels that occur."""
    return {each.level for each in findings}


async def test_all_is_well_with_the_defaults() -> None:
    """The embedded model is asked for ghost text and in chat, and the doctor is honest about how it fills a hole."""
    found = await check(
        {},
        FakeClient(),
        ("ok", "Python", "Python 3."),
        ("ok", "settings", "no mistakes"),
        ("ok", "embedded model", "The engine runs /models/small.gguf."),
        ("ok", "ghost text, local", "It knows no fill-in-the-middle"),
        ("ok", "ghost text, local", "where to stop and what to trim. First token after"),
        ("ok", "chat, local", "It answers. First token after"),
    )
    assert levels(found) == {"ok"}
    assert sum("The engine runs" in each.message for each in found) == 1


async def test_latencies_are_measured() -> None:
    """First token and whole are told in milliseconds of the clock."""
    found = await check({}, FakeClient(), seconds=0.1)
    (chat,) = (each.message for each in found if "It answers." in each.message)
    assert chat == "It answers. First token after 100 ms, all after 200 ms."


async def test_a_real_hole_is_filled_in_the_best_way_of_the_endpoint() -> None:
    """The request for ghost text has code before and after the cursor."""
    client = FakeClient()
    settings = {"completion": {"model": "work/coder"}, "providers": {"work": WORK}}
    await check(settings, client, ("ok", "ghost text, work/coder", "the server itself does fill-in-the-middle"))
    request = client.requests[0]
    assert isinstance(request, FimRequest)
    assert request.prefix.endswith("return ")
    assert request.suffix is not None
    assert "area(3, 4)" in request.suffix


async def test_a_way_that_the_model_does_not_know_is_told() -> None:
    """Ghost text comes all the same, in the next best way, with a word on what would be better."""
    settings = {"completion": {"model": "work/coder"}, "providers": {"work": WORK}}
    await check(
        settings,
        FakeClient(refused=frozenset({"infill"})),
        ("ok", "ghost text", "It knows no fill-in-the-middle"),
        ("warning", "ghost text", 'the way "infill", which was tried first. Better choose a model that was trained'),
    )


async def test_an_endpoint_that_can_only_chat_gives_no_ghost_text() -> None:
    """The doctor says so, and the chat is still tried."""
    settings = {"completion": {"model": "work/coder"}, "providers": {"work": WORK | {"fim": "none"}}}
    await check(
        settings,
        FakeClient(),
        ("warning", "ghost text", "cannot fill in the middle, so there is no ghost text. Choose another"),
        ("ok", "chat", "It answers"),
    )


async def test_an_answer_that_cannot_be_shown_is_a_warning() -> None:
    """A model that only repeats what stands after the cursor answers, but is of little use."""
    await check({}, FakeClient(ghost_text=("\n",)), ("warning", "ghost text", "nothing that could be shown"))


async def test_slow_ghost_text_is_a_warning() -> None:
    """The message says what would be faster."""
    await check({}, FakeClient(), ("warning", "ghost text", "will come late. Choose a smaller"), seconds=3.0)


async def test_ghost_text_that_is_switched_off_is_not_tried() -> None:
    """Nothing is asked, and the chat alone has to work."""
    client = FakeClient(chat=Unreachable("It cannot be reached; start it."))
    settings = {"completion": {"eagerness": "off"}}
    await check(
        settings, client, ("ok", "ghost text", "switched off"), ("fatal", "chat", "cannot be reached; start it.")
    )
    assert [type(each) for each in client.requests] == [ChatRequest]


async def test_ghost_text_in_one_language_alone_is_tried() -> None:
    """Off in general is not off when a language is excepted."""
    settings = {"completion": {"eagerness": "off", "languages": {"python": {"eagerness": "calm"}}}}
    await check(settings, FakeClient(), ("ok", "ghost text", "First token"))


async def test_one_voice_that_fails_is_no_end_of_work() -> None:
    """What fails is a warning as long as the other voice answers."""
    failing = Unreachable("It cannot be reached; start it.")
    found = await check({}, FakeClient(ghost_text=failing), ("warning", "ghost text", "start it."), ("ok", "chat", ""))
    assert "fatal" not in levels(found)
    found = await check({}, FakeClient(chat=failing), ("warning", "chat", "start it."), ("ok", "ghost text", ""))
    assert "fatal" not in levels(found)


async def test_when_nothing_answers_it_is_fatal() -> None:
    """Both voices fail: nobody can work like this."""
    failing = Unreachable("It cannot be reached; start it.")
    client = FakeClient(ghost_text=failing, chat=failing)
    await check({}, client, ("fatal", "ghost text", "start it."), ("fatal", "chat", "start it."))


@pytest.mark.parametrize("error", [EngineMissing("Install the extra `local`."), NoLocalModel("Fetch a model first.")])
async def test_an_embedded_model_that_is_missing_is_told(error: Exception) -> None:
    """Without the engine or a model file, the sentence that says what to install is passed on."""

    def find_none(config: LocalConfig) -> Path:
        raise error

    async def never(model: Model) -> Endpoint:
        raise AssertionError("the engine was started")

    found = await examine(Config(), client=FakeClient(), connect=never, find_model=find_none, environ={})
    assert [(each.level, each.message) for each in found[2:]] == [("fatal", str(error)), ("fatal", str(error))]


async def test_an_engine_that_does_not_start_is_told() -> None:
    """What it said last is in the message."""

    async def fail(model: Model) -> Endpoint:
        raise EngineFailed("The engine ended with code 1; it said: no memory.")

    found = await examine(Config(), client=FakeClient(), connect=fail, find_model=find_model, environ={})
    assert [each.level for each in found[2:]] == ["fatal", "fatal"]
    assert "no memory" in found[2].message


async def test_a_missing_key_is_told_with_the_variable_that_should_hold_it() -> None:
    """Nothing is sent without the key that an endpoint needs."""
    client = FakeClient()
    settings = {"chat": {"model": "work/talker"}, "providers": {"work": WORK | {"api_key_env": "WORK_KEY"}}}
    await check(settings, client, ("warning", "chat, work/talker", "set the environment variable WORK_KEY"))
    await check(
        settings, client, ("ok", "chat, work/talker", "127.0.0.1:9, with a key"), environ={"WORK_KEY": "secret"}
    )


async def test_a_key_that_travels_unencrypted_is_a_warning() -> None:
    """Over http:// to another machine, anyone on the way can read the key; on this machine, nobody is on the way."""
    away = WORK | {"base_url": "http://models.example", "api_key_env": "WORK_KEY"}
    settings = {"chat": {"model": "work/talker"}, "providers": {"work": away}}
    environ = {"WORK_KEY": "secret"}
    found = await check(settings, FakeClient(), ("warning", "chat", "unencrypted. Use an address"), environ=environ)
    assert "secret" not in str(found)
    for safe in ("https://models.example", "http://127.0.0.1:9"):
        settings = {"chat": {"model": "work/talker"}, "providers": {"work": away | {"base_url": safe}}}
        found = await check(settings, FakeClient(), environ=environ)
        assert "unencrypted" not in str(found)


async def test_a_provider_that_does_not_exist_is_told() -> None:
    """The settings' own fault needs no request."""
    await check({"completion": {"model": "wrok/coder"}}, FakeClient(), ("warning", "wrok/coder", 'no provider "wrok"'))


@pytest.mark.parametrize(
    ("models", "remedy"),
    [
        ({"data": [{"id": "coder-large"}, {"id": "talker"}]}, "Do you mean coder-large?"),
        ({"data": [{"id": "x"}, {"id": "y"}]}, "It offers: x, y."),
        ({"data": [{"id": str(n)} for n in range(9)]}, "It offers: 0, 1, 2, 3, 4, 5, 6, 7, …."),
        ({"data": [3, {"id": None}, {}]}, ""),
        ({"data": None}, ""),
        ([], ""),
        (Unreachable("gone"), ""),
    ],
)
async def test_a_model_that_is_not_there_leads_to_those_that_are(models: Any, remedy: str) -> None:
    """The endpoint is asked what it offers; whatever it answers, the first fault is told."""
    settings = {"chat": {"model": "work/coder-larg"}, "providers": {"work": WORK}}
    client = FakeClient(chat=ModelNotFound("There is no such model."), models=models)
    found = await check(settings, client)
    assert found[-1] == Finding("warning", "chat, work/coder-larg", "There is no such model.", remedy)


async def test_a_chat_without_a_word_does_not_work() -> None:
    """An empty answer is no answer, while one that is still being thought about counts."""
    await check({}, FakeClient(chat=()), ("warning", "chat", "without a word"))
    await check({}, FakeClient(chat=(ReasoningDelta("hm"),)), ("ok", "chat", "It answers."))


async def test_problems_of_the_settings_are_passed_on() -> None:
    """Each stands under its source, as a warning."""
    problem = Problem("zebra", "zebra is no setting and is ignored.", "/home/ada/config.toml")
    found = await examine(Config(), [problem], client=FakeClient(), connect=connect, find_model=find_model, environ={})
    assert found[1] == Finding("warning", "/home/ada/config.toml", "zebra is no setting and is ignored.")
    assert "no mistakes" not in str(found)


async def test_an_old_python_is_fatal() -> None:
    """Even if everything else worked."""
    found = await examine(
        Config(), client=FakeClient(), connect=connect, find_model=find_model, environ={}, python=(3, 10, 2)
    )
    assert found[0] == Finding("fatal", "Python", "Python 3.10.2 is too old.", found[0].remedy)


async def test_a_real_server_is_examined_over_the_wire() -> None:
    """With the real client: a server that refuses to fill holes, and says so in its own words, is asked otherwise."""
    script = [
        Rule(
            path="/infill", status=501, raw='{"error":{"message":"Infill is not supported by this model","code":501}}'
        ),
        Rule(path="/completion", text=" width * height"),
        Rule(path="/v1/chat/completions", text="ready"),
    ]
    async with ModelServer(script) as server, aclosing(ModelClient()) as client:
        name = {"model": "work/coder"}
        provider = {"work": {"like": "llamacpp", "base_url": server.url}}
        config, _ = parse({"completion": name, "chat": name, "providers": provider})
        found = await examine(config, client=client, connect=connect, find_model=find_model, environ={})
        assert [each.path for each in server.requests] == ["/infill", "/completion", "/v1/chat/completions"]
    assert [(each.level, each.message.split(",")[0].split(".")[0]) for each in found[2:]] == [
        ("ok", "It is asked at http://127"),
        ("ok", "It knows no fill-in-the-middle"),
        ("warning", 'It does not know the way "infill"'),
        ("ok", "It is asked at http://127"),
        ("ok", "It answers"),
    ]


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}, {"x": 1}, 3]}, "It offers: a, b."),
        ({"models": [{"name": "models/a"}], "data": None}, "It offers: models/a."),
        ({"models": [{"name": "small"}]}, "It offers: small."),
        ([], ""),
    ],
)
async def test_lists_of_models_in_both_forms(answer: Any, names: str) -> None:
    """Whether a list calls them "data" with an id or "models" with a name, they are told."""
    client = FakeClient(chat=ModelNotFound("No such model."), ghost_text=ModelNotFound("No such model."), models=answer)
    found = await check({"providers": {"work": WORK}, "chat": {"model": "work/zzz"}}, client)
    assert [each.remedy for each in found if each.subject == "chat, work/zzz" and each.level != "ok"] == [names]


async def test_fallbacks_that_could_not_be_asked() -> None:
    """A fallback without a key would fail when it is needed; one that could be asked is not mentioned."""
    settings = {"chat": {"fallback": ["openai/gpt-6-luna", "local"]}, "completion": {"fallback": ["nowhere/x"]}}
    found = await check(
        settings,
        FakeClient(),
        ("warning", "chat, fallback openai/gpt-6-luna", "OPENAI_API_KEY"),
        ("warning", "ghost text, fallback nowhere/x", 'There is no provider "nowhere"'),
    )
    assert len([each for each in found if each.level == "warning"]) == 2


async def test_a_budget_that_cannot_see_a_model() -> None:
    """A model of unknown price would be asked for ever; the embedded one, and one with a price, are in order."""
    settings: dict[str, Any] = {
        "providers": {"work": WORK | {"base_url": "https://models.test"}},
        "chat": {"model": "work/m", "fallback": ["openai/gpt-6-luna", "local"], "budget_usd_per_day": 1},
    }
    environ = {"OPENAI_API_KEY": "k"}
    found = await check(settings, FakeClient(), ("warning", "chat, work/m", '[models."work/m"]'), environ=environ)
    assert len([each for each in found if each.level == "warning"]) == 1
    settings["models"] = {"work/*": {"input_usd": 1, "output_usd": 2}}
    assert levels(await check(settings, FakeClient(), environ=environ)) == {"ok"}
