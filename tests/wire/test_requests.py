"""Requests as recorded ones that were answered, and as the vendor's own description wants them."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest

from lsp_server.models.messages import (
    ChatRequest,
    Endpoint,
    FimRequest,
    Image,
    Message,
    ModelRequest,
    Part,
    ProviderState,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from lsp_server.models.wire import DIALECTS
from tests.wire import SAMPLES
from tests.wire.openapi import complaints

# What another client chose otherwise, or had to say: none of it changes what the conversation is.
OURS = {"max_completion_tokens", "max_tokens", "max_output_tokens", "store", "include", "cache_control", "strict"}
THEIRS = {"instructions", "temperature", "strict", "n", "max_tokens", "thinking", "responseModalities"}


def recorded(name: str) -> Any:
    """Give a recorded request body."""
    return json.loads((SAMPLES / "requests" / f"{name}.json").read_text("utf-8"))["json"]


def sent(request: ModelRequest, dialect: str, model: str = "m") -> Any:
    """Give the JSON body that goes out."""
    return json.loads(DIALECTS[dialect].encode(request, Endpoint("p", dialect, "http://x", model)).body)


def without(value: Any, names: set[str]) -> Any:
    """Give a JSON value without fields of these names, at any depth, nor empty ones."""
    if isinstance(value, list):
        return [without(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: without(each, names)
        for name, each in value.items()
        if name not in names and each is not None and (name, each) != ("tool_choice", "auto")
    }


def asks(*messages: Message, tools: tuple[ToolSpec, ...] = (), choice: str = "auto") -> ChatRequest:
    """Give a request."""
    return ChatRequest(messages, 1024, tools=tools, tool_choice=choice)


def user(*parts: Part | str) -> Message:
    """Give a message of the person."""
    return Message("user", tuple(Text(part) if isinstance(part, str) else part for part in parts))


def model(*parts: Part) -> Message:
    """Give a message of the model."""
    return Message("assistant", parts)


def tool(name: str, description: str = "", **types: str) -> ToolSpec:
    """Give a tool whose arguments are all required."""
    properties = {name: {"type": kind} for name, kind in types.items()}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return ToolSpec(name, description, schema | ({"required": list(types)} if types else {}))


def chat_tools(name: str) -> tuple[ToolSpec, ...]:
    """Give the tools of a recorded chat request."""
    specs = [each["function"] for each in recorded(name)["tools"]]
    return tuple(ToolSpec(spec["name"], spec["description"], spec["parameters"]) for spec in specs)


COUNTRY = "Tell me: the capital of the country; the weather there; the product name"
CALLS = (
    ToolCall("call_3rqTYrA6H21AYUaRGP4F66oq", "get_country", "{}"),
    ToolCall("call_Xw9XMKBJU48kAAd78WgIswDx", "get_product_name", "{}"),
)
CAPITAL = tool("get_capital", country="string")
CAPITAL_ID = "fc_67e554a1de488191af0831d35cbe082e0794405d35281ae2"
TOKYO = "What is the temperature in Tokyo?"
TOKYO_TOOL = tool("get_temperature", "Get the current temperature in a city.", city="string")
PELICAN = ToolSpec("pelican_name_generator", "", {"properties": {}, "type": "object"})
PELICANS = ("toolu_01LtHJmixrs9NcWQkK8hu8hj", "toolu_01N8a4jWyf116qKTMqKKmjyt")
PICTURE = recorded("anthropic-llm-image")["messages"][0]["content"][0]["source"]["data"]
THOUGHT = recorded("deepseek-responses-tool-2")["input"][1]
SIGNATURE = recorded("google-tool-thought-signature-2")["contents"][1]["parts"][0]["thoughtSignature"]
MADE_UP = "pyd_ai_29bf73b69e02448588e15893d47a3e7e"
SECOND = "pyd_ai_0e1a07b3c2b64d2ab3ad2efbe18e1b97"
GOOGLE_TOOLS = tuple(
    ToolSpec(name, text, {"type": "object", "properties": {field: field_schema}, "required": [field], "$schema": "x"})
    for name, text, field, field_schema in (
        (
            "get_capital",
            "Get the capital of a country.",
            "country",
            {"type": "string", "description": "The country name."},
        ),
        (
            "get_temperature",
            "Get the temperature in a city.",
            "city",
            {"type": "string", "description": "The city name."},
        ),
    )
)
GROQ = recorded("groq-tool")["messages"]
CITY_OF = user("What is the temperature of the capital of France?")
HELPFUL = Message.of("system", "You are a helpful chatbot.")


def of_gemini(value: dict[str, Any]) -> ProviderState:
    """Give a state that goes back to the endpoint of these tests."""
    return ProviderState("gemini", "p", value)


REQUESTS: dict[str, tuple[str, ChatRequest]] = {
    "openai-chat-parallel-tools": (
        "openai",
        asks(user(COUNTRY), tools=chat_tools("openai-chat-parallel-tools"), choice="required"),
    ),
    "openai-chat-after-tools": (
        "openai",
        asks(
            user(COUNTRY),
            model(*CALLS),
            user(
                ToolResult(CALLS[1].id, "get_product_name", "Pydantic AI"),
                ToolResult(CALLS[0].id, "get_country", "Mexico"),
            ),
            tools=chat_tools("openai-chat-after-tools"),
            choice="required",
        ),
    ),
    "groq-tool": (
        "openai-compatible",
        asks(
            Message.of("system", GROQ[0]["content"]),
            user(GROQ[1]["content"]),
            model(
                Reasoning("Hm."),
                Text(GROQ[2]["content"]),
                ToolCall(
                    "pyd_ai_53c381537e5a4ce2852509adfb88b3d5", "get_something_by_name", '{"invalid_param":"value"}'
                ),
            ),
            user(
                ToolResult(
                    "pyd_ai_53c381537e5a4ce2852509adfb88b3d5",
                    "get_something_by_name",
                    GROQ[3]["content"],
                    is_error=True,
                )
            ),
            tools=chat_tools("groq-tool"),
        ),
    ),
    "openai-responses-tool": ("responses", asks(user("What is the capital of France?"), tools=(CAPITAL,))),
    "openai-responses-text": (
        "responses",
        asks(
            user("What is the capital of France?"),
            model(ToolCall(CAPITAL_ID, "get_capital", '{"country":"France"}')),
            user(ToolResult(CAPITAL_ID, "get_capital", "Paris")),
            tools=(CAPITAL,),
        ),
    ),
    "deepseek-responses-tool-1": ("responses", asks(user(TOKYO), tools=(TOKYO_TOOL,))),
    "deepseek-responses-tool-2": (
        "responses",
        asks(
            user(TOKYO),
            model(
                Reasoning("Hm.", ProviderState("responses", "p", THOUGHT)),
                ToolCall(
                    "call_00_xjY8Z2BvSlzgEmmw0DtH0464",
                    "get_temperature",
                    '{"city": "Tokyo"}',
                    ProviderState("responses", "p", {}),
                ),
            ),
            user(ToolResult("call_00_xjY8Z2BvSlzgEmmw0DtH0464", "get_temperature", "21.0")),
            tools=(TOKYO_TOOL,),
        ),
    ),
    "anthropic-llm-image": (
        "anthropic",
        asks(user(Image("image/png", b64decode(PICTURE)), "Describe image in three words")),
    ),
    "anthropic-llm-tools-1": ("anthropic", asks(user("Two names for a pet pelican"), tools=(PELICAN,))),
    "anthropic-llm-tools-2": (
        "anthropic",
        asks(
            user("Two names for a pet pelican"),
            model(*(ToolCall(each, PELICAN.name, "{}") for each in PELICANS)),
            user(
                *(
                    ToolResult(each, PELICAN.name, text)
                    for each, text in zip(PELICANS, ("Charles", "Sammy"), strict=True)
                )
            ),
            tools=(PELICAN,),
        ),
    ),
    "anthropic-thinking-redacted": (
        "anthropic",
        asks(user(recorded("anthropic-thinking-redacted")["messages"][0]["content"][0]["text"])),
    ),
    "google-tool-1": ("gemini", asks(HELPFUL, CITY_OF, tools=GOOGLE_TOOLS)),
    "google-tool-2": (
        "gemini",
        asks(
            HELPFUL,
            CITY_OF,
            model(ToolCall(SECOND, "get_capital", '{"country": "France"}', of_gemini({}))),
            user(ToolResult(SECOND, "get_capital", "Paris")),
            tools=GOOGLE_TOOLS,
        ),
    ),
    "google-tool-thought-signature-2": (
        "gemini",
        asks(
            user("What is the capital of the user country? Call the tool"),
            model(ToolCall(MADE_UP, "get_country", "{}", of_gemini({"thoughtSignature": SIGNATURE}))),
            user(ToolResult(MADE_UP, "get_country", "Mexico")),
        ),
    ),
}


def as_ours(name: str, body: Any) -> Any:
    """Give a recorded body with the differences that are choices, each with its reason."""
    body = without(body, THEIRS)
    if name.startswith("anthropic-llm-tools-2"):
        del body["messages"][1]["content"][0]  # a text of one blank, which we leave out
    for content in body.get("contents", []):
        for part in content["parts"]:
            if response := part.get("functionResponse"):
                response["response"] = {"output": response["response"]["return_value"]}  # as the vendor's SDK names it
    if "systemInstruction" in body:
        del body["systemInstruction"]["role"]  # optional, and not looked at
    if name == "google-tool-thought-signature-2":
        del body["tools"]  # written in a field that only the newest models know
    return body


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_says_what_a_recorded_one_said(name: str) -> None:
    """Field by field, but for those in which another client chose otherwise."""
    dialect, request = REQUESTS[name]
    ours = without(sent(request, dialect, recorded(name).get("model", "m")), OURS)
    if dialect == "gemini":
        ours["generationConfig"] = without(ours["generationConfig"], {"maxOutputTokens"})
    if name == "groq-tool":
        del ours["stream_options"]
    assert ours == as_ours(name, recorded(name))


@pytest.mark.parametrize("dialect", ["openai", "responses"])
def test_arguments_that_are_no_json_are_not_sent(dialect: str) -> None:
    """Some servers parse those of every call in the history, and fail."""
    body = sent(RICH, dialect)
    assert "no JSON" not in json.dumps(body)
    assert '"{\\"path\\": \\"a.py\\"}"' in json.dumps(body)


def test_every_recorded_request_is_compared() -> None:
    """A recording that nothing is held against would only lie about."""
    assert {path.stem for path in (SAMPLES / "requests").iterdir()} == set(REQUESTS)


THINKING = {"id": "rs_1", "type": "reasoning", "encrypted_content": "gAAA", "summary": []}
RICH = ChatRequest(
    (
        Message.of("system", "Be brief."),
        user("Look:", Image("image/png", b"\x89PNG")),
        model(
            Reasoning("Hm.", ProviderState("responses", "p", THINKING)),
            Text("I look.", ProviderState("responses", "p", {"id": "msg_1", "phase": "commentary"})),
            ToolCall("call_1", "read", '{"path": "a.py"}', ProviderState("responses", "p", {"id": "fc_1"})),
            ToolCall("call:2", "read", "no JSON"),
        ),
        user(ToolResult("call_1", "read", "x = 1", images=(Image("image/png", b"\x89PNG"),)), "And?"),
    ),
    8,
    tools=(tool("read", "Reads a file.", path="string"),),
    tool_choice="read",
    effort="low",
    cache_key="talk-1",
)


@pytest.mark.parametrize(
    ("dialect", "path", "request_"),
    [
        ("openai", "/chat/completions", RICH),
        ("openai", "/chat/completions", asks(user("Hi"), choice="required", tools=(CAPITAL,))),
        ("openai", "/chat/completions", ChatRequest((user("Hi"),), 5, temperature=0.5, stop=("a", "b"))),
        ("openai", "/completions", FimRequest("a", "b", 5, stop=("\n",), temperature=0.0)),
        ("responses", "/responses", RICH),
        ("responses", "/responses", ChatRequest((user("Hi"),), 5, temperature=0.5, tools=(CAPITAL,))),
        *((dialect, "/responses", request) for dialect, request in REQUESTS.values() if dialect == "responses"),
        *((dialect, "/chat/completions", request) for dialect, request in REQUESTS.values() if dialect == "openai"),
    ],
)
def test_a_request_is_as_the_vendor_describes_it(dialect: str, path: str, request_: ModelRequest) -> None:
    """Every field is known, of its type, and in its place; what is required is there."""
    assert complaints("openai-requests", path, sent(request_, dialect)) == []


@pytest.mark.parametrize(
    ("dialect", "path", "change", "complaint"),
    [
        ("openai", "/chat/completions", {"max_completion_tokens": "8"}, ".max_completion_tokens: '8' is no integer"),
        ("openai", "/chat/completions", {"top_k": 3}, ": top_k is not known"),
        ("openai", "/chat/completions", {"messages": []}, ".messages: too few"),
        ("openai", "/chat/completions", {"messages": [{"role": "user"}]}, ".messages[0]: content is missing"),
        ("responses", "/responses", {"stop": ["a"]}, ": stop is not known"),
        ("responses", "/responses", {"max_output_tokens": 8}, ".max_output_tokens: 8 is too small"),
        (
            "responses",
            "/responses",
            {"tools": [{"type": "function", "name": "f", "parameters": {}}]},
            ".tools[0]: strict is missing",
        ),
    ],
)
def test_the_description_is_held_against_them(dialect: str, path: str, change: dict[str, Any], complaint: str) -> None:
    """The check can fail."""
    assert complaints("openai-requests", path, sent(RICH, dialect) | change) == [f"body{complaint}"]
