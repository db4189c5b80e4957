"""The real server process, a raw client, and a scripted model server: what an editor sees."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lsp_server.framing import encode, frame
from tests.e2e.serving import URI, serving, settings_for
from tests.fakes import Rule
from tests.lsp_client import ErrorAnswerError, Json

pytestmark = pytest.mark.anyio


async def test_ghost_text_comes_in_the_shape_that_every_editor_takes(tmp_path: Path) -> None:
    """A single-line empty range at the cursor, and a command that tells of the accept."""
    async with serving({"x = ": "compute(1)\n"}, tmp_path) as (model, client):
        client.open(URI, "x = \ny = 2\n")
        _, answer = client.ask(URI, 0, 4)
        (item,) = (await answer)["items"]
        at = {"line": 0, "character": 4}
        assert item["insertText"] == "compute(1)"
        assert item["range"] == {"start": at, "end": at}
        assert item["command"]["command"] == "antiphon.completion.accepted"
        assert await client.request("workspace/executeCommand", item["command"]) is None
        assert (model.requests[-1].body["prompt"], model.requests[-1].body["suffix"]) == ("x = ", "\ny = 2\n")


async def test_typing_along_asks_no_model(tmp_path: Path) -> None:
    """Every key of the shown text is answered from memory; what is asked ahead is about the text behind it."""
    async with serving({"x = ": "compute(1)\n"}, tmp_path) as (model, client):
        client.open(URI, "x = \n")
        assert await client.ghost(URI, 0, 4) == "compute(1)"
        asked = len(model.requests)
        for count, key in enumerate("compu"):
            client.change(URI, count + 2, 0, 4 + count, key)
            assert await client.ghost(URI, 0, 5 + count) == "compute(1)"[count + 1 :]
        assert all("x = compute(1)" in request.prompt for request in model.requests[asked:])


async def test_a_cancelled_request_is_answered_and_its_stream_closed(tmp_path: Path) -> None:
    """The model server sees the connection go."""
    async with serving([Rule(path="/v1/completions", text="compute", hold_after=0)], tmp_path) as (model, client):
        client.open(URI, "x = \n")
        message_id, answer = client.ask(URI, 0, 4)
        await model.until(lambda: any(r.path.endswith("/completions") for r in model.requests))
        client.cancel(message_id)
        with pytest.raises(ErrorAnswerError, match="-32800"):
            await answer
        await model.disconnected()


async def test_a_newer_key_supersedes_what_no_longer_fits(tmp_path: Path) -> None:
    """The older request is answered with nothing, never left hanging; its stream is closed."""
    rules = [
        Rule(contains="x = d", text="one()\n"),
        Rule(contains="x = ", text="compute(1)", piece=3, hold_after=1),
    ]
    async with serving(rules, tmp_path) as (model, client):
        client.open(URI, "x = \n")
        _, first = client.ask(URI, 0, 4)
        await model.until(lambda: any(r.path.endswith("/completions") for r in model.requests))
        client.change(URI, 2, 0, 4, "d")
        assert await client.ghost(URI, 0, 5) == "one()"
        assert await first == {"items": []}


async def test_closing_a_document_closes_its_stream(tmp_path: Path) -> None:
    """What was asked for a file that is gone is answered with nothing."""
    async with serving([Rule(path="/v1/completions", text="compute", hold_after=0)], tmp_path) as (model, client):
        client.open(URI, "x = \n")
        _, answer = client.ask(URI, 0, 4)
        await model.until(lambda: any(r.path.endswith("/completions") for r in model.requests))
        client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        assert await answer == {"items": []}
        await model.disconnected()


async def test_a_document_that_was_never_opened_gets_an_empty_answer(tmp_path: Path) -> None:
    """Not null, which Neovim takes for "keep what you show"."""
    async with serving({}, tmp_path) as (_, client):
        assert await client.ask("file:///nowhere.py", 0, 0)[1] == {"items": []}
        client.change("file:///nowhere.py", 2, 0, 0, "x")
        assert await client.ask("file:///nowhere.py", 0, 1)[1] == {"items": []}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_positions_hold_below_form_feeds_and_astral_characters(tmp_path: Path, encoding: str) -> None:
    """The model is shown the text that the person has, whatever the client counts in."""
    widths = {"utf-8": 4, "utf-16": 2, "utf-32": 1}
    capabilities = {"general": {"positionEncodings": [encoding]}}
    async with serving({"s =": "1\n"}, tmp_path, capabilities=capabilities) as (model, client):
        assert client.initialize_result["capabilities"]["positionEncoding"] == encoding
        client.open(URI, "import os\n\f\n\u2028\x85\r\ns = '🙂', \n")
        column = len("s = '', ") + widths[encoding]
        client.change(URI, 2, 3, column, "x")
        assert await client.ghost(URI, 3, column + 1) == "1"
        assert model.requests[-1].body["prompt"] == "import os\n\f\n\u2028\x85\r\ns = '🙂', x"


async def test_a_reversed_range_is_left_out_and_the_document_stays_whole(tmp_path: Path) -> None:
    """A change that cannot be meant costs a log line and nothing else."""
    async with serving({"x = ": "1\n"}, tmp_path) as (model, client):
        client.open(URI, "x = \n")
        reversed_range = {"start": {"line": 0, "character": 3}, "end": {"line": 0, "character": 1}}
        changes = [{"range": reversed_range, "text": "bad"}]
        client.notify("textDocument/didChange", {"textDocument": {"uri": URI, "version": 2}, "contentChanges": changes})
        assert await client.ghost(URI, 0, 4) == "1"
        assert model.requests[-1].body["prompt"] == "x = "


FAULTS = {
    "refused": Rule(path="/v1/completions", status=503, text="", raw='{"error": {"message": "overloaded"}}', times=1),
    "unauthorised": Rule(path="/v1/completions", status=401, raw='{"error": {"message": "bad key"}}', times=1),
    "cut in the middle": Rule(path="/v1/completions", text="comp", piece=2, cut_after=1, times=1),
    "rubbish": Rule(path="/v1/completions", raw="data: {]\n\n", times=1),
    "a page": Rule(path="/v1/completions", raw="<html>Hello</html>", content_type="text/html", times=1),
    "invalid UTF-8": Rule(path="/v1/completions", raw=b"\xff\xfe\xfd" * 20, times=1),
    "gone without a byte": Rule(path="/v1/completions", drop=True, times=2),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_shows_nothing_says_why_and_passes(tmp_path: Path, fault: str) -> None:
    """No ghost text, a status with its reason, and the next request works."""
    async with serving([FAULTS[fault], Rule(text="compute(1)\n")], tmp_path) as (_, client):
        client.open(URI, "x = \n")
        assert await client.ghost(URI, 0, 4, invoked=True) == ""
        status = await client.notified("antiphon/status", lambda p: p["state"] == "warning")
        assert status["reason"]
        assert len(status["message"]) > 20
        assert await client.ghost(URI, 0, 4, invoked=True) == "compute(1)"
        assert not [name for name, _ in client.notifications if name == "window/showMessage"]


async def test_an_endpoint_that_nobody_listens_on_is_a_status(tmp_path: Path) -> None:
    """A dead endpoint does not hold up typing."""
    dead = {"work": {"like": "openai-compatible", "base_url": "http://127.0.0.1:9/v1", "fim": "suffix"}}
    async with serving({}, tmp_path, settings={"providers": dead}) as (_, client):
        client.open(URI, "x = \n")
        assert await client.ghost(URI, 0, 4) == ""
        status = await client.notified("antiphon/status", lambda p: p.get("reason") == "unreachable")
        assert "127.0.0.1:9" in status["message"]


async def test_an_endpoint_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    """The time limit of the settings holds, and the answer is empty."""
    settings = {"completion": {"model": "work/coder", "timeout_s": 0.3}}
    async with serving([Rule(path="/v1/completions", hang=True)], tmp_path, settings=settings) as (_, client):
        client.open(URI, "x = \n")
        assert await client.ghost(URI, 0, 4) == ""
        await client.notified("antiphon/status", lambda p: p.get("reason") == "timed-out")


async def test_wrong_settings_are_told_and_the_server_works_on(tmp_path: Path) -> None:
    """An unknown key is named with its nearest valid one, a broken file with its line."""
    folder = tmp_path / "antiphon"
    folder.mkdir()
    (folder / "config.toml").write_text("[completion]\nmodel = \n")
    async with serving({"x = ": "1\n"}, tmp_path, settings={"compltion": {}}) as (_, client):
        status = await client.notified("antiphon/status", lambda p: p.get("reason") == "settings")
        assert status["state"] == "warning"
        message = (await client.notified("window/showMessage"))["message"]
        assert "completion" in message
        assert "Line 2" in message
        client.open(URI, "x = \n")
        assert await client.ghost(URI, 0, 4) == "1"


async def test_settings_change_while_running(tmp_path: Path) -> None:
    """What the editor pushes holds from the next key on."""
    async with serving({"x = ": "1\n"}, tmp_path) as (model, client):
        client.open(URI, "x = \n")
        assert await client.ghost(URI, 0, 4) == "1"
        off = settings_for(model) | {"completion": {"model": "work/coder", "eagerness": "off"}}
        client.notify("workspace/didChangeConfiguration", {"settings": {"antiphon": off}})
        assert await client.ghost(URI, 0, 4) == ""


async def test_settings_are_pulled_from_a_client_that_has_them(tmp_path: Path) -> None:
    """`workspace/configuration` wins over what came with `initialize`."""
    capabilities = {"workspace": {"configuration": True}}
    answers = {"workspace/configuration": lambda _: [{"completion": {"model": "elsewhere/x"}}]}
    async with serving({}, tmp_path, capabilities=capabilities, answers=answers) as (_, client):
        status = await client.notified("antiphon/status", lambda p: p["state"] == "error")
        assert "elsewhere" in status["message"]


async def test_an_editor_that_opens_many_files_warms_one_connection(tmp_path: Path) -> None:
    """A restored session of a hundred files is no storm on the model server."""
    async with serving({"x = ": "1\n"}, tmp_path) as (model, client):
        for number in range(100):
            client.open(f"file:///project/{number}.py", "x = \n")
        assert await client.ghost("file:///project/99.py", 0, 4) == "1"
        assert len([request for request in model.requests if request.method == "HEAD"]) <= 1


async def test_an_exit_that_comes_at_once_ends_the_process() -> None:
    """All messages in one write, and standard input left open: the process does not wait for more."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lsp_server", stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ}
    )
    messages: list[dict[str, Json]] = [
        {"id": 1, "method": "initialize", "params": {"capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    ]
    assert process.stdin is not None
    process.stdin.write(b"".join(encode({"jsonrpc": "2.0"} | message) for message in messages))
    assert await asyncio.wait_for(process.wait(), 60) == 0


BAD_MESSAGES: dict[str, tuple[bytes, int]] = {
    "not JSON": (frame(b"{nonsense"), -32700),
    "not an object": (frame(b"17"), -32600),
    "no version": (frame(b'{"id": 7, "method": "x"}'), -32600),
    "unknown method": (encode({"jsonrpc": "2.0", "id": 7, "method": "no/such", "params": {}}), -32601),
    "params of another shape": (
        encode({"jsonrpc": "2.0", "id": 7, "method": "textDocument/inlineCompletion", "params": {"x": 1}}),
        -32602,
    ),
    "rubbish between messages": (b"print debugging\r\n\r\n" + frame(b"[]x"), -32700),
    "a second initialize": (encode({"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": {}}), -32600),
    "an id that is none": (encode({"jsonrpc": "2.0", "id": {}, "method": "no/such", "params": {}}), -32601),
    "a command that is none": (
        encode({"jsonrpc": "2.0", "id": 7, "method": "workspace/executeCommand", "params": {"command": "rm"}}),
        -32600,
    ),
}


@pytest.mark.parametrize("kind", BAD_MESSAGES)
async def test_a_malformed_message_gets_an_error_and_the_server_lives_on(tmp_path: Path, kind: str) -> None:
    """Whatever a client sends, the next good message is answered."""
    data, code = BAD_MESSAGES[kind]
    async with serving({"x = ": "1\n"}, tmp_path) as (_, client):
        client.write(data)
        error = await client.notified("error", lambda e: e is not None)
        assert error["code"] == code
        client.open(URI, "x = \n")
        assert await client.ghost(URI, 0, 4) == "1"


async def test_a_message_may_arrive_byte_by_byte(tmp_path: Path) -> None:
    """Where a pipe cuts the stream does not matter."""
    async with serving({"x = ": "1\n"}, tmp_path) as (_, client):
        item = {"uri": URI, "languageId": "python", "version": 1, "text": "x = \n"}
        message = {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}}
        for byte in encode(message):
            client.write(bytes([byte]))
            await asyncio.sleep(0)
        assert await client.ghost(URI, 0, 4) == "1"


def test_nothing_but_the_protocol_reaches_standard_output() -> None:
    """A print, from Python or from a C library, goes to standard error."""
    program = (
        "import os; from lsp_server.stdio import claim_stdout; fd = claim_stdout();"
        "print('python prints'); os.system('echo a child prints'); os.write(fd, b'protocol')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"protocol"
    assert b"python prints" in done.stderr
    assert b"a child prints" in done.stderr


async def test_requests_before_initialize_and_after_shutdown_are_refused(tmp_path: Path) -> None:
    """The order of the protocol is kept, and every request gets an answer."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lsp_server", stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ}
    )
    messages: list[dict[str, Json]] = [
        {"id": 1, "method": "textDocument/codeAction", "params": {}},
        {"id": 2, "method": "initialize", "params": {"capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"id": 3, "method": "shutdown"},
        {"id": 4, "method": "textDocument/codeAction", "params": {}},
        {"method": "exit"},
    ]
    sent = b"".join(encode({"jsonrpc": "2.0"} | message) for message in messages)
    output, _ = await process.communicate(sent)
    assert b'"id":1,"error":{"code":-32002' in output
    assert b'"id":2,"result":{"capabilities"' in output
    assert b'"id":4,"error":{"code":-32600' in output
    assert process.returncode == 0
