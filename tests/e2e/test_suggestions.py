"""Suggestions in the real server process: why there are none, in a popup, and what an editor tells of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.serving import URI, serving, settings_for
from tests.fakes import ModelServer, Rule
from tests.lsp_client import ErrorAnswerError, Json, LspClient

pytestmark = pytest.mark.anyio

COMPLETIONS = "/v1/completions"
ITEM = {"insertTextModeSupport": {"valueSet": [1, 2]}}
POPUP_ONLY = {"textDocument": {"completion": {"completionItem": ITEM}}}


async def why(client: LspClient, uri: str = URI) -> Json:
    """Ask why the last request in a document gave what it gave."""
    params = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 4}}
    return await client.request("antiphon/completion/explain", params)


def popup(client: LspClient, line: int, character: int) -> tuple[int, asyncio.Future[Json]]:
    """Ask for the popup; gives the request's id, and its result when that comes."""
    position = {"line": line, "character": character}
    context = {"triggerKind": 1}
    return client.send(
        "textDocument/completion", {"textDocument": {"uri": URI}, "position": position, "context": context}
    )


def asked(model: ModelServer) -> int:
    """Give how many completions the model was asked for."""
    return sum(request.path == COMPLETIONS for request in model.requests)


# Why


async def test_a_suggestion_is_explained_with_its_times_and_what_was_sent(tmp_path: Path) -> None:
    """Names and sizes, and nothing of the text; before there was a request, that is said."""
    async with serving({"x = ": "compute(1)\n"}, tmp_path) as (_, client):
        client.open(URI, "x = \ny = 2\n")
        assert (await why(client))["reason"] == "not-asked"
        assert await client.ghost(URI, 0, 4) == "compute(1)"
        told = await why(client)
    assert (told["reason"], told["source"], told["model"], told["way"]) == ("shown", "model", "work/coder", "suffix")
    assert told["prompt"]["prefix"] == {"characters": 4}
    assert told["prompt"]["suffix"] == {"characters": 7}
    assert told["position"] == {"line": 0, "character": 4}
    assert told["timings"]["totalMs"] >= told["timings"]["firstTokenMs"] > 0
    assert "compute" not in str(told)


FAULT = Rule(path=COMPLETIONS, status=401, raw='{"error": {"message": "bad key"}}')
EMPTY: dict[str, tuple[Rule, str, int, str, bool]] = {
    "code behind the cursor": (Rule(text="1\n"), "x =  + 1\n", 4, "mid-line", False),
    "nothing to say": (Rule(path=COMPLETIONS, text=""), "x = \n", 4, "empty", True),
    "talk": (Rule(path=COMPLETIONS, text="Here is the code you asked for:"), "x = \n", 4, "prose", True),
    "a fault": (FAULT, "x = \n", 4, "error", True),
}


@pytest.mark.parametrize("case", EMPTY)
async def test_every_empty_answer_has_a_reason_and_what_was_sent_for_it(tmp_path: Path, case: str) -> None:
    """A stable code, a sentence, and the parts of the prompt if there was one."""
    rule, text, character, reason, sent = EMPTY[case]
    async with serving([rule], tmp_path) as (_, client):
        client.open(URI, text)
        assert await client.ghost(URI, 0, character) == ""
        told = await why(client)
    assert (told["reason"], told["prompt"] is not None) == (reason, sent)
    assert told["message"].endswith(".")
    assert told["model"] == "work/coder"


async def test_what_never_reached_a_model_is_explained_too(tmp_path: Path) -> None:
    """A document that is not open, one that holds secrets, and a switch that is off."""
    async with serving({}, tmp_path) as (model, client):
        await client.ghost(URI, 0, 0)
        assert (await why(client))["reason"] == "not-open"
        secret = "file:///project/.env"
        client.open(secret, "KEY=\n")
        await client.ghost(secret, 0, 4)
        assert (await why(client, secret))["reason"] == "excluded"
        off = settings_for(model) | {"completion": {"model": "work/coder", "eagerness": "off"}}
        client.notify("workspace/didChangeConfiguration", {"settings": {"antiphon": off}})
        client.open(URI, "x = \n")
        await client.ghost(URI, 0, 4)
        told = await why(client)
        assert (told["reason"], "completion.eagerness" in told["message"]) == ("off", True)
        assert not asked(model)


async def test_a_cancelled_request_is_explained_and_a_closed_document_forgotten(tmp_path: Path) -> None:
    """While it is under way that is said; what is closed leaves nothing behind."""
    async with serving([Rule(path=COMPLETIONS, text="compute", hold_after=0)], tmp_path) as (model, client):
        client.open(URI, "x = \n")
        message_id, answer = client.ask(URI, 0, 4)
        await model.until(lambda: asked(model) == 1)
        assert (await why(client))["reason"] == "under-way"
        client.cancel(message_id)
        with pytest.raises(ErrorAnswerError, match="-32800"):
            await answer
        assert (await why(client))["reason"] == "cancelled"
        client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        assert (await why(client))["reason"] == "not-asked"


@pytest.mark.parametrize("params", [None, {}, [], {"textDocument": 1}])
async def test_an_explanation_of_nothing_is_an_answer(tmp_path: Path, params: Json) -> None:
    """Whatever was sent in place of a document."""
    async with serving({}, tmp_path) as (_, client):
        assert (await client.request("antiphon/completion/explain", params))["reason"] == "not-asked"


# In a popup


@pytest.mark.parametrize(
    ("documents", "announced"),
    [
        ({"completion": {}}, "completionProvider"),
        ({"completion": {}, "inlineCompletion": {}}, "inlineCompletionProvider"),
        ({"inlineCompletion": {"dynamicRegistration": False}}, "inlineCompletionProvider"),
    ],
)
async def test_one_kind_of_suggestion_is_announced_and_never_both(
    tmp_path: Path, documents: Json, announced: str
) -> None:
    """Who knows ghost text gets that; who knows a popup only gets items for it."""
    async with serving({}, tmp_path, capabilities={"textDocument": documents}) as (_, client):
        offered = {"completionProvider", "inlineCompletionProvider"} & set(client.initialize_result["capabilities"])
    assert offered == {announced}


async def test_a_popup_has_the_suggestion_as_its_last_item(tmp_path: Path) -> None:
    """Plain text at the cursor, found by the word that is typed, never taken by itself, asked for again at each key."""
    async with serving({"x = co": "mpute(1)\n"}, tmp_path, capabilities=POPUP_ONLY) as (_, client):
        client.open(URI, "x = co\n")
        result = await popup(client, 0, 6)[1]
        (item,) = result["items"]
        assert await client.request("workspace/executeCommand", item.pop("command")) is None
    at = {"line": 0, "character": 6}
    assert result["isIncomplete"] is True
    assert item == {
        "label": "mpute(1)",
        "kind": 1,
        "detail": "Antiphon",
        "insertText": "mpute(1)",
        "insertTextFormat": 1,
        "insertTextMode": 1,
        "textEdit": {"range": {"start": at, "end": at}, "newText": "mpute(1)"},
        "filterText": "compute(1)",
        "sortText": "~~~~",
        "preselect": False,
    }


async def test_a_long_item_has_a_short_label(tmp_path: Path) -> None:
    """What does not fit is cut, the whole text is put in, and nothing is said about indentation that is not known."""
    text = "compute(" + ", ".join(map(str, range(40))) + ")"
    async with serving({"x = ": f"{text}\n"}, tmp_path, capabilities={"textDocument": {"completion": {}}}) as (
        _,
        client,
    ):
        client.open(URI, "x = \n")
        (item,) = (await popup(client, 0, 4)[1])["items"]
    assert item["label"] == f"{text[:60]}…"
    assert item["textEdit"]["newText"] == text
    assert "insertTextMode" not in item


async def test_a_popup_without_a_suggestion_is_empty_and_is_asked_for_again(tmp_path: Path) -> None:
    """Nothing for a document that is not open, nor within a line; and the reason can be asked for."""
    async with serving({"x": "1\n"}, tmp_path, capabilities=POPUP_ONLY) as (model, client):
        assert await popup(client, 0, 0)[1] == {"isIncomplete": True, "items": []}
        client.open(URI, "x =  + 1\n")
        assert await popup(client, 0, 4)[1] == {"isIncomplete": True, "items": []}
        assert (await why(client))["reason"] == "mid-line"
        assert not asked(model)


async def test_a_popup_that_is_taken_back_closes_its_stream(tmp_path: Path) -> None:
    """A cancelled request is answered as the protocol says, and the model server sees the connection go."""
    rules = [Rule(path=COMPLETIONS, text="compute", hold_after=0)]
    async with serving(rules, tmp_path, capabilities=POPUP_ONLY) as (model, client):
        client.open(URI, "x = \n")
        message_id, answer = popup(client, 0, 4)
        await model.until(lambda: asked(model) == 1)
        client.cancel(message_id)
        with pytest.raises(ErrorAnswerError, match="-32800"):
            await answer
        await model.disconnected()


# What an editor tells


CHOICE = [
    Rule(path=COMPLETIONS, contains="x = ", text="one(1)\n", times=1),
    Rule(path=COMPLETIONS, contains="x = ", text="two('🙂', 3)\n", times=1),
    Rule(path=COMPLETIONS, contains="x = ", text="three\n"),
]


async def items_by_hand(client: LspClient) -> Json:
    """Ask by hand in a line; gives the items, by their text."""
    client.open(URI, "x = \n")
    items = (await client.ask(URI, 0, 4, invoked=True)[1])["items"]
    return {item["insertText"]: item for item in items}


async def test_who_asks_by_hand_chooses_from_three_and_may_take_any(tmp_path: Path) -> None:
    """The server is asked twice more; the one that the editor shows is the one that is typed along."""
    async with serving(CHOICE, tmp_path) as (_, client):
        items = await items_by_hand(client)
        assert list(items) == ["one(1)", "two('🙂', 3)", "three"]
        client.notify("textDocument/didShowCompletion", {"item": items["three"]})
        client.change(URI, 2, 0, 4, "t")
        assert await client.ghost(URI, 0, 5) == "hree"
        assert (await why(client))["source"] == "memory"


async def test_an_accepted_part_leaves_the_rest_where_it_is(tmp_path: Path) -> None:
    """The length counts UTF-16 units; the rest of this very item is shown next, out of memory."""
    async with serving(CHOICE, tmp_path) as (_, client):
        item = (await items_by_hand(client))["two('🙂', 3)"]
        part = "two('🙂'"
        length = len(part.encode("utf-16-le")) // 2
        client.notify("textDocument/didPartiallyAcceptCompletion", {"item": item, "acceptedLength": length})
        client.change(URI, 2, 0, 4, part)
        assert await client.ghost(URI, 0, 4 + length) == ", 3)"
        assert (await why(client))["source"] == "memory"


async def test_what_was_taken_is_told_with_its_text(tmp_path: Path) -> None:
    """The command of an item names it, so that another than the first one counts as taken, not as left."""
    async with serving(CHOICE, tmp_path) as (_, client):
        item = (await items_by_hand(client))["three"]
        assert item["command"]["arguments"] == [{"uri": URI, "text": "three"}]
        client.change(URI, 2, 0, 4, "three")
        assert await client.request("workspace/executeCommand", item["command"]) is None


@pytest.mark.parametrize(
    "params",
    [
        None,
        {},
        {"item": None},
        {"item": {"insertText": {"kind": "snippet", "value": "x"}}},
        {"item": {"insertText": "of somebody else", "command": {"arguments": [{"uri": URI}]}}, "acceptedLength": 3},
        {"item": {"insertText": "one(1)", "command": {"arguments": [{"uri": "file:///b.py"}]}}, "acceptedLength": -1},
        {"item": {"insertText": "one(1)", "command": {"arguments": [{"uri": URI}]}}, "acceptedLength": "all"},
    ],
)
async def test_an_item_that_nobody_gave_is_passed_by(tmp_path: Path, params: Json) -> None:
    """What is on the screen stays as it is, and the server lives on."""
    async with serving({"x = ": "one(1)\n"}, tmp_path) as (_, client):
        client.open(URI, "x = \n")
        assert await client.ghost(URI, 0, 4) == "one(1)"
        client.notify("textDocument/didShowCompletion", params)
        client.notify("textDocument/didPartiallyAcceptCompletion", params)
        client.change(URI, 2, 0, 4, "o")
        assert await client.ghost(URI, 0, 5) == "ne(1)"


def problem(line: int, message: str) -> Json:
    """Give a diagnostic of a whole line."""
    span = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 9}}
    return {"range": span, "message": message, "severity": 2, "source": "linter", "code": "L1"}


async def test_the_problems_that_an_editor_names_go_along_with_a_question(tmp_path: Path) -> None:
    """Those of all the places that it asked about, until the text changes; none of a closed document."""

    async def actions(client: LspClient, line: int, *problems: Json) -> None:
        at = {"line": line, "character": 0}
        context = {"diagnostics": list(problems)}
        params = {"textDocument": {"uri": URI}, "range": {"start": at, "end": at}, "context": context}
        await client.request("textDocument/codeAction", params)

    async def told(model: ModelServer, client: LspClient) -> str:
        session = await client.request("antiphon/session/new", {"cwd": "/project", "mcpServers": []})
        prompt = [{"type": "text", "text": "Why? @problems"}]
        await client.request("antiphon/session/prompt", {**session, "prompt": prompt})
        return model.requests[-1].prompt

    async with serving([Rule(path="/v1/chat/completions", text="So.")], tmp_path) as (model, client):
        client.open(URI, "x = undefined_name\ny = other_name\nz = 3\n")
        await actions(client, 0, problem(0, "undefined_name is unknown"))
        await actions(client, 1, problem(1, "other_name is unknown"))
        assert "line 1: warning: undefined_name is unknown [linter L1]" in (first := await told(model, client))
        assert "line 2: warning: other_name is unknown" in first
        await actions(client, 0)
        assert "undefined_name is unknown" not in (second := await told(model, client))
        assert "other_name is unknown" in second
        client.change(URI, 2, 0, 0, "\n")
        await actions(client, 0)
        assert "is unknown" not in await told(model, client)
        await actions(client, 2, problem(2, "other_name is unknown"))
        client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        assert "is unknown" not in await told(model, client)
