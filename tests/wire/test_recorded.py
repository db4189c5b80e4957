"""Every recorded stream says the same thing however its bytes are cut, and never breaks when it is cut short."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.errors import ModelError, Overloaded, Truncated
from lsp_server.models.messages import StreamEvent
from tests.wire import SAMPLES, Heard, decoded, heard, stream
from tests.wire.recordings import RECORDED

SMALL = [key for key in RECORDED if len(stream(key[1])) <= 6000]

every_recording = pytest.mark.parametrize(("dialect", "name"), RECORDED)


@cache
def in_one_piece(dialect: str, name: str) -> list[StreamEvent]:
    """Give the events of a recording that comes all at once."""
    return decoded([stream(name)], dialect)[0]


def check(dialect: str, name: str, chunks: list[bytes]) -> None:
    """Expect of chunks the very events, and the error, that the recording gives in one piece."""
    events, error = decoded(chunks, dialect)
    assert events == in_one_piece(dialect, name)
    assert (type(error) if error else None) is RECORDED[dialect, name].error


def split(raw: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at these places."""
    return [raw[start:end] for start, end in pairwise([0, *sorted(places), len(raw)])]


@every_recording
def test_a_stream_in_one_piece(dialect: str, name: str) -> None:
    """A recorded stream gives its texts, its calls, its stop reason and its usage, or the error that it holds."""
    said, expected = heard([stream(name)], dialect), RECORDED[dialect, name]
    made = [call[0] for call, known in zip(said.calls, expected.calls, strict=True) if not known[0]]
    assert all(re.fullmatch("[0-9a-f]{9}", call_id) for call_id in made)
    assert len(set(made)) == len(made), "calls without an id get different ones"
    calls = tuple(
        ("" if not known[0] else call[0], *call[1:]) for call, known in zip(said.calls, expected.calls, strict=True)
    )
    assert replace(said, calls=calls, message="") == expected


@every_recording
def test_a_stream_byte_by_byte(dialect: str, name: str) -> None:
    """Nothing changes when every byte comes alone: between lines, inside characters, inside JSON."""
    raw = stream(name)
    check(dialect, name, [raw[place : place + 1] for place in range(len(raw))])


@pytest.mark.parametrize(("dialect", "name"), SMALL)
def test_a_stream_in_two_pieces(dialect: str, name: str) -> None:
    """Nothing changes at any single place where a stream can be cut in two."""
    raw = stream(name)
    for place in range(len(raw) + 1):
        check(dialect, name, [raw[:place], raw[place:]])


@given(key=st.sampled_from(sorted(RECORDED)), end=st.sampled_from([b"\n", b"\r\n", b"\r"]), data=st.data())
def test_a_stream_in_any_pieces_with_any_line_ends(key: tuple[str, str], end: bytes, data: st.DataObject) -> None:
    """Nothing changes with other line ends (LF, CRLF, CR), in whatever pieces."""
    raw = stream(key[1]).replace(b"\r\n", b"\n").replace(b"\n", end)
    places = data.draw(st.lists(st.integers(0, len(raw)), max_size=30))
    check(*key, split(raw, places))


@pytest.mark.parametrize(("dialect", "name"), [key for key in SMALL if RECORDED[key].finished])
def test_a_stream_that_is_cut_short(dialect: str, name: str) -> None:
    """A stream that stops anywhere is Truncated, unless a reason for its end had come; what it said so far stays.

    A call is never given before it is whole.
    """
    raw, expected = stream(name), RECORDED[dialect, name]
    whole = heard([raw], dialect).calls
    for place in range(len(raw)):
        said = heard([raw[:place]], dialect)
        check_begun(said, expected, place)
        assert whole[: len(said.calls)] == said.calls


def check_begun(said: Heard, expected: Heard, place: int) -> None:
    """Expect a part of what a recording says, and its own end, or none."""
    assert expected.text.startswith(said.text)
    assert expected.reasoning.startswith(said.reasoning)
    assert said.error in (Truncated, None), f"cut at {place}: {said.error}"
    if said.finished and expected.finished and not said.calls and expected.calls:
        return  # the end of an earlier event: some repeat their reason in each
    if said.finished and expected.finished:
        assert said.finished.stop_reason in (expected.finished.stop_reason, "end_turn")


def test_the_words_of_a_midstream_error_are_kept() -> None:
    """What the endpoint says about a failure in mid-stream reaches the person."""
    assert "Token limit reached" in heard([stream("openrouter-error-midstream.sse")]).message
    assert "Tool call validation failed" in heard([stream("groq-tool-failed-midstream.sse")]).message
    assert "exceeded your current quota" in heard([stream("openai-error.1.chunks.txt")], "responses").message


@pytest.mark.parametrize("dialect", ["openai", "responses", "anthropic", "gemini"])
def test_a_failure_without_a_status_counts_as_the_endpoints_own(dialect: str) -> None:
    """An error in mid-stream that names no status is one on the endpoint's side, so that asking again makes sense."""
    error: type[ModelError] | None = heard(
        [b'data: {"error": "llama runner process has terminated"}\n\n'], dialect
    ).error
    assert error is Overloaded


def test_every_sample_has_its_source() -> None:
    """Nothing is kept of which it is not known where it comes from and under which licence."""
    sources = (SAMPLES / "SOURCES.md").read_text("utf-8")
    names = [f"{path.parent.name}/{path.name}" for path in SAMPLES.glob("*/*") if path.parent.name != "LICENSES"]
    assert names
    assert [name for name in names if f"| {name} |" not in sources] == []
