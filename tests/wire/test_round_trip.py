"""What a provider wants back goes back: an answer is decoded, becomes a message, and is sent with the next request."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lsp_server.models.answer import assistant_message
from lsp_server.models.messages import ChatRequest, Message, Reasoning, Text, ToolCall, ToolResult
from lsp_server.models.wire import DIALECTS
from tests.wire import WORK, decoded, payloads, stream

ASKED = Message.of("user", "And now?")


def next_request(dialect: str, name: str, to: str = "", provider: str = "work") -> Any:
    """Give the body that follows a recorded answer: its calls are answered, then the person says more."""
    answer = assistant_message(decoded([stream(name)], dialect)[0])
    calls = [part for part in answer.parts if isinstance(part, ToolCall)]
    results = tuple(ToolResult(call.id, call.name, f"result of {call.name}") for call in calls)
    request = ChatRequest((ASKED, answer, Message("user", results), ASKED), 64)
    return json.loads(DIALECTS[to or dialect].encode(request, replace(WORK, provider=provider)).body)


def anthropic_blocks(name: str, kind: str, field: str) -> list[str]:
    """Give one field of the blocks of a kind, as it came, in pieces or whole."""
    texts: dict[int, str] = {}
    for each in payloads(name):
        begun, delta = each.get("content_block", {}), each.get("delta", {})
        if begun.get("type") == kind:
            texts[each["index"]] = begun.get(field, "")
        if each.get("index") in texts and field in delta:
            texts[each["index"]] += delta[field]
    return list(texts.values())


def test_signed_thinking_goes_back_as_it_came() -> None:
    """Text and signature, to the letter, before the text that came after it."""
    name = "anthropic-thinking.sse"
    thinking, text = next_request("anthropic", name)["messages"][1]["content"]
    assert thinking == {
        "type": "thinking",
        "thinking": anthropic_blocks(name, "thinking", "thinking")[0],
        "signature": anthropic_blocks(name, "thinking", "signature")[0],
    }
    assert text["type"] == "text"


def test_redacted_thinking_goes_back_in_order() -> None:
    """Blocks that nobody can read, each where it was."""
    name = "anthropic-thinking-redacted.sse"
    *thinking, text = next_request("anthropic", name)["messages"][1]["content"]
    assert [block["data"] for block in thinking] == anthropic_blocks(name, "redacted_thinking", "data")
    assert len(thinking) == 2
    assert text["type"] == "text"


def test_a_block_that_is_not_known_is_carried() -> None:
    """It means something to the endpoint that sent it."""
    first, text = next_request("anthropic", "anthropic-fallback_response.txt")["messages"][1]["content"]
    assert first["type"] == "fallback"
    assert first["to"] == {"model": "claude-sonnet-4-5"}
    assert text == {"type": "text", "text": "Hello there!"}


def test_thinking_stands_before_the_call_and_the_result_right_after_it() -> None:
    """As the endpoint demands."""
    _, answer, results = next_request("anthropic", "anthropic-spliced-message-start.chunks.txt")["messages"]
    assert [block["type"] for block in answer["content"]] == ["thinking", "thinking", "tool_use"]
    assert answer["content"][2]["input"] == {"value": "Sparkle Day"}
    assert results["content"][0]["tool_use_id"] == "toolu_second"
    assert results["content"][1]["text"] == "And now?"


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("openai-responses-usage.sse", ["reasoning", "function_call"]),
        ("deepseek-responses-tool-1.sse", ["reasoning", "function_call"]),
        ("lmstudio-tool-call.1.chunks.txt", ["reasoning", "message", "function_call"]),
        ("copilot-id-rotation.1.chunks.txt", ["message"]),  # of its reasoning there is nothing but a summary
    ],
)
def test_items_go_back_whole(name: str, types: list[str]) -> None:
    """Encrypted reasoning before the item that it belongs to, ids and phases included."""
    done = [each["item"] for each in payloads(name) if each["type"] == "response.output_item.done"]
    items = next_request("responses", name)["input"][1 : 1 + len(types)]
    assert [item["type"] for item in items] == types
    for item, came in zip(items, [each for each in done if each["type"] in types], strict=True):
        assert item["id"] == came["id"]
        for field in ("encrypted_content", "call_id", "name", "arguments", "phase", "summary"):
            assert item.get(field) == came.get(field)


def test_a_signature_goes_back_with_its_call() -> None:
    """On the very part that it came with."""
    name = "google-tool-thought-signature.sse"
    came = payloads(name)[0]["candidates"][0]["content"]["parts"][0]
    _, answer, results = next_request("gemini", name)["contents"]
    assert answer["role"] == "model"
    assert answer["parts"][0]["thoughtSignature"] == came["thoughtSignature"]
    assert answer["parts"][0]["functionCall"]["name"] == "get_country"
    call_id = answer["parts"][0]["functionCall"]["id"]
    assert results["parts"][0]["functionResponse"] == {
        "id": call_id,
        "name": "get_country",
        "response": {"output": "result of get_country"},
    }


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("deepseek-tool-call.chunks.txt", "reasoning_content"),
        ("xai-tool-call.chunks.txt", "reasoning_content"),
        ("groq-tool.sse", "reasoning"),
    ],
)
def test_reasoning_goes_back_beside_a_call_under_the_name_it_had(name: str, field: str) -> None:
    """Without it some endpoints refuse the history of a tool call."""
    answer = next_request("openai-compatible", name)["messages"][1]
    came = "".join(choice["delta"].get(field) or "" for each in payloads(name) for choice in each["choices"])
    assert answer[field] == came
    assert answer["tool_calls"][0]["type"] == "function"


def test_reasoning_stands_before_the_text_that_came_after_it() -> None:
    """With what goes back of it, though some of that comes in a piece of its own."""
    thought, text = assistant_message(decoded([stream("openrouter-reasoning.sse")])[0]).parts
    assert isinstance(thought, Reasoning)
    assert thought.state
    (detail,) = thought.state.value["reasoning_details"]
    assert detail["text"] == thought.text == "This is a simple arithmetic question. 2+2 equals 4."
    assert detail["signature"].startswith("Et0BCkgIChACGAIqQA2s7h7t")
    assert text == Text("2 + 2 = 4")


def test_reasoning_without_a_call_does_not_go_back() -> None:
    """Nobody asks for it, and it would only cost."""
    assert next_request("openai-compatible", "zai-thinking.sse")["messages"][1] == {"role": "assistant", "content": "4"}


@pytest.mark.parametrize(
    ("dialect", "name"),
    [
        ("anthropic", "anthropic-spliced-message-start.chunks.txt"),
        ("responses", "openai-responses-usage.sse"),
        ("gemini", "google-tool-thought-signature.sse"),
        ("openai", "deepseek-tool-call.chunks.txt"),
    ],
)
@pytest.mark.parametrize("to", ["openai", "responses", "anthropic", "gemini"])
@pytest.mark.parametrize("provider", ["work", "other"])
def test_nobody_else_is_sent_it(dialect: str, name: str, to: str, provider: str) -> None:
    """Another dialect, or another provider of the same one, gets the calls and their results without any state."""
    if to == dialect and provider == "work":
        return
    body = json.dumps(next_request(dialect, name, to, provider))
    assert "result of " in body
    for secret in ("sig-second", "EpwICpkIAXLI2nx", "gAAAAAB", "reasoning_content", '"rs_', '"fc_'):
        assert secret not in body


def test_calls_of_another_model_are_marked_as_such() -> None:
    """A call without a signature is refused, unless it says that another model made it."""
    parts = next_request("anthropic", "anthropic-llm-tools-1.sse", "gemini")["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == ["skip_thought_signature_validator", None]
    unsigned = next_request("gemini", "google-tool-1.sse")["contents"][1]["parts"]
    assert "thoughtSignature" not in unsigned[0]
