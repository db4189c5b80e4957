"""What leaves this machine leaves it without secrets, and what comes home has them again."""

from __future__ import annotations

import json
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.assistant import Assistant
from lsp_server.config import Config, ProviderConfig
from lsp_server.editor import Status
from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FileText,
    FimRequest,
    Finished,
    Image,
    Message,
    ModelRequest,
    Part,
    PartDone,
    ProviderState,
    Reasoning,
    ReasoningDelta,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDone,
    ToolResult,
)
from lsp_server.models.providers import PROVIDERS
from lsp_server.redaction import Redaction, in_strings, own_keys
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
    assistant.outbound.configure(Config(providers={"work": ProviderConfig(api_key_env="WORK_KEY")}))
    text = ""
    async with ModelServer([Rule(text=answer, piece=3)]) as server:
        endpoint = Endpoint("work", "openai-compatible", server.v1, "coder", local=local)
        async with aclosing(assistant.outbound.stream(request, endpoint, timeout_s=20)) as events:
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


def cleaned(*parts: Part, known: dict[str, str] | None = None) -> tuple[Part, ...]:
    """Give the parts of a message as they leave this machine."""
    request = Redaction(ChatRequest((Message("user", parts),), 16), known or {}).request
    assert isinstance(request, ChatRequest)
    return request.messages[0].parts


def test_calls_and_results_are_cleaned() -> None:
    """What a tool has read, and what a model has asked for; arguments stay JSON."""
    call, result = cleaned(
        ToolCall("1", "run", json.dumps({"env": [f"TOKEN={TOKEN}"], "dry": True})),
        ToolResult("1", "run", f"set {TOKEN}"),
    )
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert json.loads(call.arguments) == {"env": [f"TOKEN={placeholder()}"], "dry": True}
    assert result.text == f"set {placeholder()}"


def test_what_goes_back_unchanged_is_left_alone() -> None:
    """A state came over the wire with placeholders; a picture is not looked into; reasoning is not sent."""
    state = ProviderState("d", "p", {"thinking": TOKEN, "signature": "s"})
    parts = (
        Reasoning(TOKEN, state),
        Text("a", state),
        Image("image/png", TOKEN.encode()),
        ToolCall("1", "f", '{"a":  1}'),
    )
    assert cleaned(*parts) == parts


def test_a_secret_that_was_found_once_is_found_everywhere() -> None:
    """In a file it is known by what stands before it; in the arguments of a call it stands alone."""
    password = "xK9pmPq2vL8wZ"
    alone = ToolCall("1", "login", json.dumps({"with": password}))
    assert cleaned(alone) == (alone,)
    said, call = cleaned(Text(f'password = "{password}"'), alone)
    assert password not in repr(said)
    assert password not in repr(call)


def test_a_literal_placeholder_is_not_taken_for_ours() -> None:
    """A person may write one; it comes back as it was written, beside a real one."""
    redaction = Redaction(ChatRequest((Message.of("user", f"{placeholder()} and {TOKEN}"),), 16), {})
    assert isinstance(redaction.request, ChatRequest)
    sent = redaction.request.messages[0].text
    assert len(set(sent.split(" and "))) == 2
    assert redaction.restored(TextDelta(sent)) == [TextDelta(f"{placeholder()} and {TOKEN}")]


def test_a_secret_that_is_a_word_of_a_placeholder_does_not_break_it() -> None:
    """It is replaced where it stands, and not in the names of others."""
    text = f"{TOKEN} github-token"
    redaction = Redaction(ChatRequest((Message.of("user", text),), 16), {"X": "github-token"})
    assert isinstance(redaction.request, ChatRequest)
    assert redaction.restored(TextDelta(redaction.request.messages[0].text)) == [TextDelta(text)]


@pytest.mark.parametrize("secret", [TOKEN, 'with "quotes" and \\\\ and\nlines', "é🎉 unusual"])
def test_a_call_gets_its_secrets_back(secret: str) -> None:
    """As JSON wants them written, and whichever way the model wrote the placeholder."""
    request = ChatRequest((Message.of("user", secret),), 16)
    redaction = Redaction(request, {"MY_SECRET": secret})
    assert isinstance(redaction.request, ChatRequest)
    name = redaction.request.messages[0].text
    assert name.startswith("«secret:")
    for escaped in (True, False):
        arguments = json.dumps({"a": [f"<{name}>"], "b": 1}, ensure_ascii=escaped)
        (event,) = redaction.restored(ToolCallDone(ToolCall("1", "f", arguments)))
        assert isinstance(event, ToolCallDone)
        assert json.loads(event.call.arguments) == {"a": [f"<{secret}>"], "b": 1}


def test_a_call_without_secrets_stays_to_the_letter() -> None:
    """Its spaces, too."""
    redaction = Redaction(CHAT, {})
    event = ToolCallDone(ToolCall("1", "f", '{ "a" :\t1.0 }'))
    assert redaction.restored(event) == [event]


def test_what_was_held_back_comes_before_the_end_of_its_part() -> None:
    """A state must not stand before the last letters of its text, nor a call."""
    redaction, state = Redaction(CHAT, {}), ProviderState("d", "p", {})
    assert redaction.restored(TextDelta("a«sec")) == [TextDelta("a")]
    assert redaction.restored(PartDone("text", state)) == [TextDelta("«sec"), PartDone("text", state)]
    assert redaction.restored(ReasoningDelta("b«")) == [ReasoningDelta("b")]
    end = ToolCallDone(ToolCall("1", "f", "{}"))
    assert redaction.restored(end) == [ReasoningDelta("«"), end]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_texts_inside_json_are_changed_and_nothing_else(value: object) -> None:
    """At any depth; what changes nothing leaves the text as it was."""
    text = json.dumps(value)
    assert in_strings(text, lambda each: each) == text
    back = in_strings(in_strings(text, lambda each: f"<{each}>"), lambda each: each[1:-1])
    assert json.loads(back) == value
