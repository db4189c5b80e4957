"""Every recorded stream says the same thing however its bytes are cut, and never breaks when it is cut short."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.errors import BadResponse, Overloaded, RequestRefused, Truncated
from lsp_server.models.messages import Finished, StopReason, Usage
from tests.wire import Heard, heard, stream


def _field(name: str, field: str) -> str:
    """Give what a recording says in one field of its deltas, read in the most naive way."""
    said = ""
    for line in stream(name).decode().splitlines():
        if line.startswith("data: {") and '"choices"' in line:
            said += json.loads(line[6:])["choices"][0]["delta"].get(field) or "" if '"choices":[]' not in line else ""
    return said


def _ends(
    reason: StopReason, tokens_in: int | None = None, out: int | None = None, cached: int | None = None
) -> Finished:
    return Finished(reason, Usage(tokens_in, out, cached))


GRATITUDE = 'The holiday is called "Gratitude Day" and it is a day dedicated to'

RECORDED = {
    "openai-chat-text.sse": Heard("The capital of the UK is London.", finished=_ends("end_turn", 78, 9, 0)),
    "openai-chat-parallel-tools.sse": Heard(finished=_ends("tool_use", 364, 40, 0)),
    "openai-completion-text.chunks.txt": Heard(GRATITUDE, finished=_ends("max_tokens", 14, 16)),
    "openai-error.1.chunks.txt": Heard(error=RequestRefused),
    "azure-model-router.1.chunks.txt": Heard("Capital of Denmark.", finished=_ends("end_turn", 15, 78, 0)),
    "mistral-text.chunks.txt": Heard("Hello, world! This is a test response.", finished=_ends("end_turn", 13, 8)),
    "mistral-reasoning.chunks.txt": Heard(
        "2 + 2 = 4",
        "The user is asking for 2+2. This is basic arithmetic. 2+2=4.",
        _ends("end_turn", 10, 46),
    ),
    "deepseek-tool-call.chunks.txt": Heard(
        reasoning=_field("deepseek-tool-call.chunks.txt", "reasoning_content"),
        finished=_ends("tool_use", 339, 83, 320),
    ),
    "groq-tool-call.chunks.txt": Heard(finished=_ends("tool_use", 210, 15)),
    "groq-tool-failed-midstream.sse": Heard(
        reasoning=_field("groq-tool-failed-midstream.sse", "reasoning"), error=RequestRefused
    ),
    "openrouter-error-midstream.sse": Heard(
        reasoning="We need to respond to a greeting. The user", error=RequestRefused
    ),
    "openrouter-reasoning.sse": Heard(
        "2 + 2 = 4", "This is a simple arithmetic question. 2+2 equals 4.", _ends("end_turn", 43, 36, 0)
    ),
    "openrouter-cache.sse": Heard("Hello!", finished=_ends("end_turn", 254, 5, 0)),
    "zai-thinking.sse": Heard("4", _field("zai-thinking.sse", "reasoning_content"), _ends("end_turn", 13, 564, 0)),
    "compat-tool-index-from-1.sse": Heard("Reading it.", finished=_ends("tool_use")),
    "google-text.sse": Heard(error=BadResponse),
    "google-vertexai-streaming-failure-error-mid-stream.txt": Heard(error=RequestRefused),
    "llamacpp-chat-tools.sse": Heard(finished=_ends("tool_use", 369, 36, 0)),
    "llamacpp-v1-chat-ping.sse": Heard("\ndef find", finished=_ends("max_tokens")),
    "llamacpp-v1-chat-stream-nousage-n2.sse": Heard("That'd be **Sin", finished=_ends("max_tokens")),
    "llamacpp-v1-chat-stream-usage.sse": Heard("🎉" * 8, finished=_ends("max_tokens", 21, 24, 0)),
    "llamacpp-v1-completions-stream-logprobs.sse": Heard("def fibonacci(n):", finished=_ends("max_tokens", 6, 6, 5)),
    "llamacpp-completion-stream.sse": Heard("def fibonacci(n):\n    if", finished=_ends("max_tokens", 6, 8, 0)),
    "llamacpp-infill-stream.sse": Heard(
        "def sub(a, b):\n     return a - b\n\nprint(", finished=_ends("max_tokens", 40, 16, 0)
    ),
}
NATIVE = ("llamacpp-completion-stream.sse", "llamacpp-infill-stream.sse")
SMALL = [name for name in RECORDED if len(stream(name)) <= 3000]

every_recording = pytest.mark.parametrize("name", RECORDED)


def check(name: str, chunks: list[bytes]) -> None:
    """Decode the chunks of a recording and compare with what is known to be in it."""
    said, expected = heard(chunks, native=name in NATIVE), RECORDED[name]
    assert (said.text, said.reasoning) == (expected.text, expected.reasoning)
    assert (said.finished, said.error) == (expected.finished, expected.error)


def split(raw: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at these places."""
    return [raw[start:end] for start, end in pairwise([0, *sorted(places), len(raw)])]


@every_recording
def test_a_stream_in_one_piece(name: str) -> None:
    """A recorded stream gives its texts, its stop reason and its usage, or the error that it holds."""
    check(name, [stream(name)])


@every_recording
def test_a_stream_byte_by_byte(name: str) -> None:
    """Nothing changes when every byte comes alone: between lines, inside characters, inside JSON."""
    raw = stream(name)
    check(name, [raw[place : place + 1] for place in range(len(raw))])


@pytest.mark.parametrize("name", SMALL)
def test_a_stream_in_two_pieces(name: str) -> None:
    """Nothing changes at any single place where a stream can be cut in two."""
    raw = stream(name)
    for place in range(len(raw) + 1):
        check(name, [raw[:place], raw[place:]])


@given(name=st.sampled_from(sorted(RECORDED)), end=st.sampled_from([b"\n", b"\r\n", b"\r"]), data=st.data())
def test_a_stream_in_any_pieces_with_any_line_ends(name: str, end: bytes, data: st.DataObject) -> None:
    """Nothing changes with other line ends (LF, CRLF, CR), in whatever pieces."""
    raw = stream(name).replace(b"\r\n", b"\n").replace(b"\n", end)
    places = data.draw(st.lists(st.integers(0, len(raw)), max_size=30))
    check(name, split(raw, places))


@pytest.mark.parametrize("name", [name for name in SMALL if RECORDED[name].finished])
def test_a_stream_that_is_cut_short(name: str) -> None:
    """A stream that stops anywhere is Truncated, unless a reason for its end had come; what it said so far stays."""
    raw, expected = stream(name), RECORDED[name]
    for place in range(len(raw)):
        said = heard([raw[:place]], native=name in NATIVE)
        assert expected.text.startswith(said.text)
        assert expected.reasoning.startswith(said.reasoning)
        assert said.error in (Truncated, None), f"cut at {place}: {said.error}"
        if said.finished and expected.finished:
            assert said.finished.stop_reason == expected.finished.stop_reason


def test_the_words_of_a_midstream_error_are_kept() -> None:
    """What the endpoint says about a failure in mid-stream reaches the person."""
    assert "Token limit reached" in heard([stream("openrouter-error-midstream.sse")]).message
    assert "Tool call validation failed" in heard([stream("groq-tool-failed-midstream.sse")]).message
    assert "exceeded your current quota" in heard([stream("openai-error.1.chunks.txt")]).message


def test_a_failure_without_a_status_counts_as_the_endpoints_own() -> None:
    """An error in mid-stream that names no status is one on the endpoint's side, so that asking again makes sense."""
    assert heard([b'data: {"error": "llama runner process has terminated"}\n\n']).error is Overloaded
