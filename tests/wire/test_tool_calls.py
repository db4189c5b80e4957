"""Tool calls from pieces of all kinds, and ids and arguments that every endpoint takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lsp_server.models.messages import Finished, ToolCall
from lsp_server.models.wire.tool_calls import ToolCalls, arguments_object, fitting_id
from tests.wire import heard


def put_together(*pieces: dict[str, Any], cut: bool = False) -> list[ToolCall]:
    """Give the calls that pieces of one key make."""
    calls = ToolCalls("seed")
    for piece in pieces:
        calls.add(0, **piece)
    return [event.call for event in calls.rest(cut=cut)]


@pytest.mark.parametrize(
    ("pieces", "arguments"),
    [
        ([{"arguments": '{"a"'}, {"arguments": ": 1}"}], '{"a": 1}'),
        ([{"arguments": {"a": "é"}}], '{"a": "é"}'),
        ([{"arguments": ""}, {"arguments": None}], "{}"),
        ([{"arguments": "null"}], "{}"),
        ([{}], "{}"),
        ([{"arguments": "no JSON"}], "no JSON"),
    ],
)
def test_arguments_become_a_json_text(pieces: list[dict[str, Any]], arguments: str) -> None:
    """In pieces, whole, as an object, or not at all; what the model wrote wrong is kept as it is."""
    (call,) = put_together({"call_id": "1", "name": "f"}, *pieces)
    assert call == ToolCall("1", "f", arguments)


def test_an_empty_id_or_name_says_nothing() -> None:
    """Some servers send them again, empty or changed, with every piece: the first counts."""
    (call,) = put_together({"call_id": "1", "name": "f"}, {"call_id": "", "name": ""}, {"call_id": "2", "name": "g"})
    assert (call.id, call.name) == ("1", "f")


def test_a_call_without_a_name_is_none() -> None:
    """There is nothing that could be run."""
    assert put_together({"arguments": "{}"}) == []


@pytest.mark.parametrize(("arguments", "kept"), [('{"a": 1}', 1), ("{}", 1), ("", 0), ('{"a"', 0), ("[]", 0)])
def test_when_the_answer_was_cut_only_whole_calls_count(arguments: str, kept: int) -> None:
    """A call that is run with half its arguments does harm."""
    assert len(put_together({"name": "f", "arguments": arguments}, cut=True)) == kept


def test_an_id_that_is_missing_is_made() -> None:
    """The same from the same bytes, another for another call, another turn."""
    calls = ToolCalls("1")
    for key in (0, 1):
        calls.add(key, name="f")
    first, second = (event.call.id for event in calls.rest(cut=False))
    assert first != second
    assert put_together({"name": "f"})[0].id not in (first, second)
    assert put_together({"name": "f"}) == put_together({"name": "f"})
    assert fitting_id(first, "[a-zA-Z0-9]{9}") == first


def test_an_id_from_elsewhere_is_made_to_fit() -> None:
    """Equal ids stay equal, different ones different."""
    assert fitting_id("call_1", "[a-z_0-9]+") == "call_1"
    made = fitting_id("functions.get:0", "[a-zA-Z0-9_-]+")
    assert made == fitting_id("functions.get:0", "[a-zA-Z0-9]{9}")
    assert made != fitting_id("functions.get:1", "[a-zA-Z0-9]{9}")


@pytest.mark.parametrize(("text", "value"), [('{"a": 1}', {"a": 1}), ("", {}), ("[1]", {}), ("[" * 99_999, {})])
def test_arguments_as_an_object(text: str, value: dict[str, int]) -> None:
    """What is no object is an empty one."""
    assert arguments_object(text) == value


def chat(*deltas: Any, reason: str | None = "tool_calls") -> tuple[tuple[str, str, str], ...]:
    """Give the calls of a chat whose deltas hold these lists of pieces; the reason for its end tells of them."""
    choices: list[dict[str, Any]] = [{"delta": {"tool_calls": pieces}} for pieces in deltas]
    body = [*choices, {"delta": {}, "finish_reason": reason}]
    lines = [f"data: {json.dumps({'choices': [choice]})}\n\n".encode() for choice in body]
    said = heard([*lines, b"data: [DONE]\n\n"])
    assert said.finished == Finished("max_tokens" if reason == "length" else "tool_use")
    return said.calls


def piece(index: int | None = None, call_id: str = "", name: str = "", arguments: Any = None) -> dict[str, Any]:
    """Give a piece of a call as a chat sends it."""
    given: dict[str, Any] = {"function": {"name": name, "arguments": arguments}}
    return given | ({} if index is None else {"index": index}) | ({"id": call_id} if call_id else {})


@pytest.mark.parametrize(
    "deltas",
    [
        ([piece(0, "a", "f", '{"x"'), piece(1, "b", "g", "{}")], [piece(0, arguments=":1}")]),
        ([piece(None, "a", "f", '{"x"')], [piece(None, "", "", ":1}")], [piece(None, "b", "g", "{}")]),
        ([piece(None, "a", "f", '{"x"')], [piece(None, "b", "g")], [piece(None, "a", "", ":1}")]),
        ([piece(0, "a", "f", '{"x":1}')], [piece(0, "b", "g", "{}")]),
        ([piece(3, "a", "f", ""), piece(7, "b", "g", "")], [piece(3, "a", "f", '{"x":1}')]),
    ],
    ids=["by index", "by order", "by id", "an index for all", "ids and names again"],
)
def test_parallel_calls_are_told_apart(deltas: Any) -> None:
    """By their index, else their id, else their order."""
    assert chat(*deltas) == (("a", "f", '{"x":1}'), ("b", "g", "{}"))


@pytest.mark.parametrize("reason", ["stop", None, "something new"])
def test_calls_count_whatever_the_reason(reason: str | None) -> None:
    """Some servers end an answer with calls as any other, or without a reason."""
    assert chat([piece(0, "a", "f", "{}")], reason=reason) == (("a", "f", "{}"),)


def test_calls_that_were_cut_do_not_count() -> None:
    """Length ended the answer in the middle of the second call."""
    assert chat([piece(0, "a", "f", "{}"), piece(1, "b", "g", '{"x')], reason="length") == (("a", "f", "{}"),)
