"""What every recorded stream says, known from reading it, or from the most naive way of putting its texts together."""

from __future__ import annotations

import json
from typing import Any

from lsp_server.errors import BadResponse, RequestRefused, Truncated
from lsp_server.models.messages import Finished, StopReason, Usage
from tests.wire import Heard, payloads, stream


def _chat(name: str, field: str) -> str:
    """Give what a recording says in one field of its deltas; of a list of blocks, those that have the field."""
    deltas = [choice["delta"] for each in payloads(name) for choice in each.get("choices") or []]
    return "".join(delta.get(field) or "" for delta in deltas)


def _blocks(name: str, kind: str) -> str:
    contents = [choice["delta"].get("content") for each in payloads(name) for choice in each["choices"]]
    said = ""
    for content in contents:
        for block in content if isinstance(content, list) else [{"type": "text", "text": content}]:
            inner: Any = block.get(kind) if block["type"] == kind else ""
            said += inner if isinstance(inner, str) else "".join(part["text"] for part in inner)
    return said


def _anthropic(name: str, field: str) -> str:
    return "".join(each["delta"].get(field, "") for each in payloads(name) if each["type"] == "content_block_delta")


def _responses(name: str, kind: str) -> str:
    return "".join(each["delta"] for each in payloads(name) if each["type"] == f"response.{kind}.delta")


def _gemini(name: str, *, thought: bool = False) -> str:
    contents = [each["candidates"][0].get("content", {}) for each in payloads(name)]
    parts = [part for content in contents for part in content["parts"]]
    return "".join(part.get("text", "") for part in parts if part.get("thought", False) == thought)


def _ends(
    reason: StopReason,
    tokens_in: int | None = None,
    out: int | None = None,
    *more: int | None,
    detail: str = "",
) -> Finished:
    """Give the end; `more` are the tokens read from a cache, written to it, and spent on reasoning."""
    return Finished(reason, Usage(tokens_in, out, *more), detail)


GRATITUDE = 'The holiday is called "Gratitude Day" and it is a day dedicated to'
TAXES = (
    "I'll create a comprehensive tax guide for someone with multiple W2s and save it in a file called taxes.txt. "
    "Let me do that for you now."
)
HELLO = "Hello! I'm doing well, thank you for asking. How are you doing today? Is there anything I can help you with?"
PARIS = '{"city": "Paris", "days": 3}'
NO_ID = ""  # one is made up

CHAT = {
    "openai-chat-text.sse": Heard("The capital of the UK is London.", finished=_ends("end_turn", 78, 9, 0, None, 0)),
    "openai-chat-parallel-tools.sse": Heard(
        calls=(
            ("call_3rqTYrA6H21AYUaRGP4F66oq", "get_country", "{}"),
            ("call_Xw9XMKBJU48kAAd78WgIswDx", "get_product_name", "{}"),
        ),
        finished=_ends("tool_use", 364, 40, 0, None, 0),
    ),
    "openai-chat-after-tools.sse": Heard(
        calls=(("call_Vz0Sie91Ap56nH0ThKGrZXT7", "get_weather", '{"city":"Mexico City"}'),),
        finished=_ends("tool_use", 423, 15, 0, None, 0),
    ),
    "openai-completion-text.chunks.txt": Heard(GRATITUDE, finished=_ends("max_tokens", 14, 16)),
    "azure-model-router.1.chunks.txt": Heard("Capital of Denmark.", finished=_ends("end_turn", 15, 78, 0, None, 64)),
    "mistral-text.chunks.txt": Heard("Hello, world! This is a test response.", finished=_ends("end_turn", 13, 8)),
    "mistral-reasoning.chunks.txt": Heard(
        "2 + 2 = 4",
        "The user is asking for 2+2. This is basic arithmetic. 2+2=4.",
        finished=_ends("end_turn", 10, 46),
    ),
    "mistral-thinking.sse": Heard(
        _blocks("mistral-thinking.sse", "text"),
        _blocks("mistral-thinking.sse", "thinking"),
        finished=_ends("end_turn", 10, 232),
    ),
    "mistral-tool-call.chunks.txt": Heard(
        calls=(("gSIMJiOkT", "weather", '{"location": "San Francisco"}'),), finished=_ends("tool_use", 124, 22)
    ),
    "mistral-incremental-tool-call.chunks.txt": Heard(
        calls=(("chatcmpl-tool-9f149c74c42f265b", "webSearchTool", '{"query": "current Berlin weather"}'),),
        finished=_ends("tool_use", 171, 14, 128),
    ),
    "deepseek-tool-call.chunks.txt": Heard(
        reasoning=_chat("deepseek-tool-call.chunks.txt", "reasoning_content"),
        calls=(("call_00_ioIn7yN9p1ZOMNpDLwd4MgAF", "weather", '{"location": "San Francisco"}'),),
        finished=_ends("tool_use", 339, 83, 320, None, 39),
    ),
    "xai-tool-call.chunks.txt": Heard(
        reasoning="First, the user is",
        calls=(("call_55117580", "weather", '{"location":"San Francisco"}'),),
        finished=_ends("tool_use", 291, 26 + 196, 290, None, 196),
    ),
    "groq-tool-call.chunks.txt": Heard(calls=(("tk85n1k4m", "weather", "{}"),), finished=_ends("tool_use", 210, 15)),
    "groq-tool.sse": Heard(
        reasoning=_chat("groq-tool.sse", "reasoning"),
        calls=(("fc_bfb39741-3748-4def-9886-a93fc9c64a90", "get_something_by_name", '{"name":"example"}'),),
        finished=_ends("tool_use", 304, 49, None, None, 23),
    ),
    "groq-tool-failed-midstream.sse": Heard(
        reasoning="".join(
            each["choices"][0]["delta"].get("reasoning", "")
            for each in payloads("groq-tool-failed-midstream.sse")
            if "choices" in each
        ),
        error=RequestRefused,
    ),
    "ollama-chat-tool.json": Heard(
        "Paris.",
        json.loads(stream("ollama-chat-tool.json"))["choices"][0]["message"]["reasoning"],
        finished=_ends("end_turn", 134, 122),
    ),
    "openrouter-error-midstream.sse": Heard(
        reasoning="We need to respond to a greeting. The user", error=RequestRefused
    ),
    "openrouter-reasoning.sse": Heard(
        "2 + 2 = 4",
        "This is a simple arithmetic question. 2+2 equals 4.",
        finished=_ends("end_turn", 43, 36, 0, None, 13),
    ),
    "openrouter-cache.sse": Heard("Hello!", finished=_ends("end_turn", 254, 5, 0, 0, 0)),
    "zai-thinking.sse": Heard(
        "4", _chat("zai-thinking.sse", "reasoning_content"), finished=_ends("end_turn", 13, 564, 0, None, 561)
    ),
    "compat-tool-index-from-1.sse": Heard(
        "Reading it.", calls=(("toolu_sanitized", "read_file", '{"path": "a.txt"}'),), finished=_ends("tool_use")
    ),
    "llamacpp-chat-tools.sse": Heard(
        calls=(("Ncz1OrrjKL9560J9iK0zKC37b8y10gQL", "get_weather", PARIS),), finished=_ends("tool_use", 369, 36, 0)
    ),
    "llamacpp-v1-chat-ping.sse": Heard("\ndef find", finished=_ends("max_tokens")),
    "llamacpp-v1-chat-stream-nousage-n2.sse": Heard("That'd be **Sin", finished=_ends("max_tokens")),
    "llamacpp-v1-chat-stream-usage.sse": Heard("🎉" * 8, finished=_ends("max_tokens", 21, 24, 0)),
    "llamacpp-v1-completions-stream-logprobs.sse": Heard("def fibonacci(n):", finished=_ends("max_tokens", 6, 6, 5)),
}

OF_ANOTHER_DIALECT = {
    "google-tool-1.sse": Heard(error=BadResponse),
    "llamacpp-messages-tools.sse": Heard(error=BadResponse),
}

COMPLETION = {
    "llamacpp-completion-stream.sse": Heard("def fibonacci(n):\n    if", finished=_ends("max_tokens", 6, 8, 0)),
    "llamacpp-infill-stream.sse": Heard(
        "def sub(a, b):\n     return a - b\n\nprint(", finished=_ends("max_tokens", 40, 16, 0)
    ),
}

RESPONSES = {
    "openai-error.1.chunks.txt": Heard(error=RequestRefused),
    "openai-responses-text.sse": Heard(
        "The capital of France is Paris.", finished=_ends("end_turn", 278, 9, 0, None, 0)
    ),
    "openai-responses-tool.sse": Heard(
        calls=(("call_kL0PCQV7M2WMoVX8V8OtYSAL", "get_capital", '{"country":"France"}'),),
        finished=_ends("tool_use", 255, 16, 0, None, 0),
    ),
    "openai-responses-usage.sse": Heard(
        calls=(("call_CWXgs68YprAjp6t0371hiPOI", "final_result", '{"result":6666}'),),
        finished=_ends("tool_use", 53, 469, 0, None, 448),
    ),
    "azure-tool-call.1.chunks.txt": Heard(
        calls=(("call_H5DxLSFnsGhiROnUiDHmgyc8", "weather", '{"location":"San Francisco"}'),),
        finished=_ends("tool_use", 45, 24, 0, None, 0),
    ),
    "bedrock-mantle-responses.sse": Heard(
        calls=(("call_0", "first_tool", "{}"),), finished=_ends("tool_use", 88, 14, 0, 0, 0)
    ),
    "copilot-id-rotation.1.chunks.txt": Heard(
        _responses("copilot-id-rotation.1.chunks.txt", "output_text"),
        "**Counting character occurrences**",
        finished=_ends("end_turn", 19, 105, 0, 0, 44),
    ),
    "deepseek-responses-tool-1.sse": Heard(
        reasoning="The user asks about temperature in Tokyo. I'll call the tool.",
        calls=(("call_00_xjY8Z2BvSlzgEmmw0DtH0464", "get_temperature", '{"city": "Tokyo"}'),),
        finished=_ends("tool_use", 366, 59, 256, None, 14),
    ),
    "deepseek-responses-tool-2.sse": Heard(
        "The current temperature in Tokyo is **21.0°C**.", finished=_ends("end_turn", 440, 14, 384, None, 0)
    ),
    "lmstudio-tool-call.1.chunks.txt": Heard(
        "I'll get the current weather information for San Francisco for you.",
        _responses("lmstudio-tool-call.1.chunks.txt", "reasoning_text"),
        calls=(("call_2025306790300011", "weather", '{"location":"San Francisco"}'),),
        finished=_ends("tool_use", 182, 61, 2, None, 48),
    ),
    "llamacpp-responses-tools.sse": Heard(
        calls=(("call_UshKmTyAPV7e3ntqQoRD70ZeGphPNJMf", "get_weather", PARIS),),
        finished=_ends("tool_use", 369, 36, 368),
    ),
    "llamacpp-v1-responses-stream.sse": Heard(
        "Welcome to my little corner of the internet", finished=_ends("end_turn", 11, 8, 10)
    ),
}

ANTHROPIC = {
    "anthropic-basic_response.txt": Heard("Hello there!", finished=_ends("end_turn", 11, 6)),
    "anthropic-text.sse": Heard("2", finished=_ends("end_turn", 20, 5, 0, 0)),
    "anthropic-text.chunks.txt": Heard(HELLO, finished=_ends("end_turn", 12, 30, 0, 0)),
    "anthropic-llm-image.sse": Heard("Red square, green square.", finished=_ends("end_turn", 83, 9, 0, 0)),
    "anthropic-message-delta-input-tokens.chunks.txt": Heard("pong", finished=_ends("end_turn", 61, 2)),
    "anthropic-duplicate-message-start.chunks.txt": Heard("Hello, World!", finished=_ends("end_turn", 17, 227)),
    "anthropic-fallback_response.txt": Heard("Hello there!", finished=_ends("end_turn", 25, 8)),
    "anthropic-refusal_response.txt": Heard(
        finished=_ends("refusal", 20, 0, detail="This request was refused due to policy.")
    ),
    "anthropic-incomplete_partial_json_response.txt": Heard(TAXES, finished=_ends("max_tokens", 450, 124, 0, 0)),
    "anthropic-tool_use_response.txt": Heard(
        "I'll check the current weather in Paris for you.",
        calls=(("toolu_01NRLabsLyVHZPKxbKvkfSMn", "get_weather", '{"location": "Paris"}'),),
        finished=_ends("tool_use", 377, 65, 0, 0),
    ),
    "anthropic-tool-no-args.chunks.txt": Heard(
        "I'll update the issue list for you.",
        calls=(("toolu_01QE1WLsSVp5hy5Q3GmGTmjP", "updateIssueList", "{}"),),
        finished=_ends("tool_use", 565, 48, 0, 0),
    ),
    "anthropic-llm-tools-1.sse": Heard(
        calls=(
            ("toolu_01LtHJmixrs9NcWQkK8hu8hj", "pelican_name_generator", "{}"),
            ("toolu_01N8a4jWyf116qKTMqKKmjyt", "pelican_name_generator", "{}"),
        ),
        finished=_ends("tool_use", 542, 62, 0, 0),
    ),
    "anthropic-llm-tools-2.sse": Heard(
        _anthropic("anthropic-llm-tools-2.sse", "text"), finished=_ends("end_turn", 678, 82, 0, 0)
    ),
    "anthropic-thinking.sse": Heard(
        _anthropic("anthropic-thinking.sse", "text"),
        _anthropic("anthropic-thinking.sse", "thinking"),
        finished=_ends("end_turn", 43, 282, 0, 0),
    ),
    "anthropic-thinking-redacted.sse": Heard(
        _anthropic("anthropic-thinking-redacted.sse", "text"), finished=_ends("end_turn", 92, 189, 0, 0)
    ),
    "anthropic-spliced-message-start.chunks.txt": Heard(
        reasoning="I will call the tool.Let me call the tool.",
        calls=(("toolu_second", "test-tool", '{"value":"Sparkle Day"}'),),
        finished=_ends("tool_use", 17, 65),
    ),
    "llamacpp-messages-tools.sse": Heard(
        calls=(("tbktihpmeqZqYvwKGYTXuu06ysR4fnKi", "get_weather", PARIS),), finished=_ends("tool_use", 369, 36, 368)
    ),
    "llamacpp-v1-messages-stream.sse": Heard("I'm so glad you're here.", finished=_ends("max_tokens", 11, 8, 10)),
}

_CATS = "google-vertexai-streaming-failure-unknown-finish-enum.txt"
_POEM = "google-vertexai-streaming-success-utf8.txt"
_FRUIT = "google-vertexai-streaming-success-quotes-escaped.txt"
_NOW = "google-googleai-streaming-success-thinking-function-call-thought-summary-signature.txt"
GEMINI = {
    "google-text.sse": Heard("The capital of France is Paris.\n", finished=_ends("end_turn", 13, 8)),
    "google-tool-1.sse": Heard(
        calls=((NO_ID, "get_capital", '{"country": "France"}'),), finished=_ends("tool_use", 52, 5)
    ),
    "google-tool-2.sse": Heard(
        calls=((NO_ID, "get_temperature", '{"city": "Paris"}'),), finished=_ends("tool_use", 64, 5)
    ),
    "google-tool-thought-signature.sse": Heard(
        calls=((NO_ID, "get_country", "{}"),), finished=_ends("tool_use", 29, 10 + 202, None, None, 202)
    ),
    "google-tool-thought-signature-2.sse": Heard(
        "The capital of Mexico is Mexico City.", finished=_ends("end_turn", 257, 8)
    ),
    "google-usage-midstream.sse": Heard(
        "\n".join(map(str, range(1, 31))), finished=_ends("end_turn", 18, 80 + 35, None, None, 35)
    ),
    "google-stream-tool-call-arguments.chunks.txt": Heard(
        calls=(
            (NO_ID, "getWeather", '{"location": "Boston"}'),
            (NO_ID, "getWeather", '{"location": "San Francisco"}'),
        ),
        finished=_ends("tool_use", 26, 23 + 132, None, None, 132),
    ),
    "google-googleai-streaming-failure-recitation-no-content.txt": Heard(
        "".join(f"text{place}" for place in range(1, 9)), finished=_ends("refusal", 9, 261, detail="RECITATION")
    ),
    _NOW: Heard(
        reasoning=_gemini(_NOW, thought=True),
        calls=((NO_ID, "now", "{}"),),
        finished=_ends("tool_use", 38, 6 + 168, None, None, 168),
    ),
    "google-vertexai-streaming-success-function-call-short.txt": Heard(
        calls=((NO_ID, "getTemperature", '{"city": "San Jose"}'),), finished=_ends("tool_use")
    ),
    "google-vertexai-streaming-success-empty-text-part.txt": Heard("1", finished=_ends("end_turn", 8, 1)),
    _POEM: Heard(_gemini(_POEM), finished=_ends("end_turn")),
    _CATS: Heard(_gemini(_CATS), finished=_ends("unknown", detail="FAKE_ENUM")),
    # It names no reason for its end; so does an answer that was cut.
    _FRUIT: Heard(_gemini(_FRUIT), error=Truncated),
    "google-vertexai-streaming-failure-error-mid-stream.txt": Heard("First Second ", error=RequestRefused),
    "google-vertexai-streaming-failure-invalid-json.txt": Heard(error=BadResponse),
    "google-vertexai-streaming-failure-prompt-blocked-safety.txt": Heard(finished=_ends("refusal", detail="SAFETY")),
    "google-vertexai-unary-success-function-call-parallel-calls.json": Heard(
        calls=(
            (NO_ID, "sum", '{"y": 1, "x": 2}'),
            (NO_ID, "sum", '{"y": 3, "x": 4}'),
            (NO_ID, "sum", '{"y": 5, "x": 6}'),
        ),
        finished=_ends("tool_use"),
    ),
    "google-vertexai-unary-success-implicit-caching.json": Heard(
        "Red Riding Hood is looking for **directions** in the forest.",
        finished=_ends("end_turn", 12013, 15 + 73, 11243, None, 73),
    ),
}

# (the dialect that listens, the recording) → what it says
RECORDED: dict[tuple[str, str], Heard] = {
    (dialect, name): said
    for dialect, table in (
        ("openai", CHAT | OF_ANOTHER_DIALECT),
        ("llamacpp", COMPLETION),
        ("responses", RESPONSES),
        ("anthropic", ANTHROPIC),
        ("gemini", GEMINI),
    )
    for name, said in table.items()
}
