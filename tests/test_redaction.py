"""What leaves this machine leaves it without secrets, and what comes home has them again."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from lsp_server.assistant import Assistant
from lsp_server.config import Config, ProviderConfig
from lsp_server.editor import Status
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FileText,
    FimRequest,
    Finished,
    Message,
    ModelRequest,
    ReasoningDelta,
    TextDelta,
)
from lsp_server.models.providers import PROVIDERS
from lsp_server.redaction import Redaction, own_keys
from tests.fakes import ModelServer, Rule

pytestmark = pytest.mark.anyio

TOKEN = "ghp_" + "a1B2" * 9
FIM = FimRequest(f'token = "{TOKEN}"\n', f"\n# {TOKEN}", 16, files=(FileText("a.py", f"x = '{TOKEN}'"),))
CHAT = ChatRequest((Message.of("system", "Be brief."), Message.of("user", f"What is {TOKEN}?")), 16)


def placeholder() -> str:
    """Give what stands for the token in this process."""
    request = Redaction(CHAT, {}).request
    assert isinstance(request, ChatRequest)
    return request.messages[1].text.removeprefix("What is ").removesuffix("?")


async def answered(
    request: ModelRequest, answer: str, *, local: bool, environ: dict[str, str] | None = None
) -> tuple[str, str, list[Status]]:
    """Ask a model server through the assistant; gives what the server saw, what came home, and the statuses."""
    statuses: list[Status] = []
    assistant = Assistant(statuses.append, environ or {})
    assistant.config = Config(providers={"work": ProviderConfig(api_key_env="WORK_KEY")})
    text = ""
    async with ModelServer([Rule(text=answer, piece=3)]) as server:
        endpoint = Endpoint("work", "openai-compatible", server.v1, "coder", local=local)
        async with aclosing(assistant.stream(request, endpoint, timeout_s=20)) as events:
            async for event in events:
                text += event.text if isinstance(event, TextDelta) else ""
        await assistant.aclose()
        return str(server.requests[-1].body), text, statuses


@pytest.mark.parametrize("request_", [FIM, CHAT], ids=["completion", "chat"])
async def test_a_secret_does_not_leave_the_machine_and_is_there_again_in_the_answer(request_: ModelRequest) -> None:
    """Though the placeholder comes home in pieces; the status says what was kept back."""
    seen, text, statuses = await answered(request_, f"use {placeholder()} or «x», «sec", local=False)
    assert TOKEN not in seen
    assert "«secret:github-token:" in seen
    assert text == f"use {TOKEN} or «x», «sec"
    assert "sent without secrets: " in statuses[-1].message
    assert "github-token" in statuses[-1].message


async def test_a_model_on_this_machine_sees_the_text_as_it_is() -> None:
    """Nothing leaves, so nothing need be hidden."""
    seen, text, statuses = await answered(CHAT, placeholder(), local=True)
    assert TOKEN in seen
    assert text == placeholder()
    assert not statuses


async def test_our_own_keys_are_kept_back_whatever_they_look_like() -> None:
    """The key of the very endpoint that is asked, pasted into a question."""
    request = ChatRequest((Message.of("user", "is correct horse battery right?"),), 16)
    seen, _, _ = await answered(request, "no", local=False, environ={"WORK_KEY": "correct horse battery"})
    assert "horse" not in seen
    assert "«secret:work-key:" in seen


def test_keys_are_found_by_the_variables_of_all_providers() -> None:
    """Built-in ones and one's own; what is not set is no key."""
    config = Config(providers={"work": ProviderConfig(api_key_env="WORK_KEY"), "other": ProviderConfig()})
    built_in = next(row.api_key_env for row in PROVIDERS.values() if row.api_key_env)
    environ = {"WORK_KEY": "a", built_in: "b", "HOME": "/"}
    assert own_keys(config, environ) == {"WORK_KEY": "a", built_in: "b"}


def test_every_part_of_a_request_is_looked_at_and_the_rest_stays() -> None:
    """Prefix, suffix and files of a completion; a request without secrets is equal to the one that was given."""
    redaction = Redaction(FIM, {})
    assert TOKEN not in repr(redaction.request)
    assert redaction.counts == {"github-token": 3}
    plain = FimRequest("x = ", None, 16, stop=("\n",), temperature=0.0)
    assert Redaction(plain, {}).request == plain


def test_thoughts_and_answer_are_restored_apart_and_completely() -> None:
    """What was held back of either comes with the end, which stays the last."""
    redaction, name, end = Redaction(CHAT, {}), placeholder(), Finished("end_turn")
    assert redaction.restored(ReasoningDelta(name[:5])) == []
    assert redaction.restored(TextDelta(f"a{name[:9]}")) == [TextDelta("a")]
    assert redaction.restored(ReasoningDelta(name[5:])) == [ReasoningDelta(TOKEN)]
    assert redaction.restored(end) == [TextDelta(name[:9]), end]
