"""A message survives its way into a file and back, and what is no message is told from one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.chat.message_json import VERSION, UnreadableMessage, message_json, message_of
from lsp_server.models.messages import Image, Message, Part, ProviderState, Reasoning, Text, ToolCall, ToolResult

ANY_TEXT = st.text(st.characters())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
STATES = st.none() | st.builds(ProviderState, ANY_TEXT, ANY_TEXT, st.dictionaries(ANY_TEXT, VALUES, max_size=3))
IMAGES = st.builds(Image, st.sampled_from(["image/png", "image/jpeg"]), st.binary(max_size=40))
PARTS: st.SearchStrategy[Part] = (
    st.builds(Text, ANY_TEXT, STATES)
    | st.builds(Reasoning, ANY_TEXT, STATES)
    | st.builds(ToolCall, ANY_TEXT, ANY_TEXT, ANY_TEXT, STATES)
    | st.builds(ToolResult, ANY_TEXT, ANY_TEXT, ANY_TEXT, st.booleans(), st.lists(IMAGES, max_size=2).map(tuple))
    | IMAGES
)
MESSAGES = st.builds(Message, st.sampled_from(["system", "user", "assistant"]), st.lists(PARTS, max_size=4).map(tuple))


@given(MESSAGES)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    """Texts of any characters, pictures, calls, results and what providers want back, in plain ASCII."""
    text = message_json(message)
    assert text.isascii()
    assert message_of(text) == message


@given(VALUES)
def test_what_is_no_message_is_an_error_of_ours(value: object) -> None:
    """Whatever else a file holds, nothing but UnreadableMessage is raised."""
    for strange in (value, {"version": 1, "role": "user", "parts": value}, {"version": 1, "role": value, "parts": []}):
        if isinstance(strange, dict) and strange.get("parts") in ([], {}, "") and strange.get("role") == "user":
            continue  # nothing was said, and that is a message
        with pytest.raises(UnreadableMessage):
            message_of(json.dumps(strange))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        '{"version": 1, "role": "user", "parts": [{"type": "song"}]}',
        '{"version": 1, "role": "user", "parts": [{"type": "text", "text": 1}]}',
        '{"version": 1, "role": "user", "parts": [{"type": "image", "media_type": "image/png", "data": "%"}]}',
        f'{{"version": {VERSION + 1}, "role": "user", "parts": []}}',
    ],
)
def test_a_damaged_text_is_an_error_of_ours(text: str) -> None:
    """Cut off, of a strange kind, of a wrong type, or from a later version."""
    with pytest.raises(UnreadableMessage):
        message_of(text)
