"""The command line as a person uses it: the real process, a settings file, a scripted model server."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.fakes import ModelServer, Rule

pytestmark = pytest.mark.anyio

SETTINGS = """
[completion]
model = "work/coder"
[chat]
model = "work/coder"
[providers.work]
like = "openai-compatible"
base_url = "{url}"
fim = "suffix"
"""


async def antiphon(folder: Path, model: ModelServer | None, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    """Run a command in a folder; gives exit code, standard output and standard error."""
    settings = folder / "settings" / "antiphon"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "config.toml").write_text(SETTINGS.format(url=model.v1) if model else "")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "lsp_server", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "XDG_CONFIG_HOME": str(folder / "settings"), "COLUMNS": "200", "NO_COLOR": "1"},
    )
    output, errors = await process.communicate(typed.encode())
    return process.returncode or 0, output.decode(), errors.decode()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a folder with a file."""
    (tmp_path / "a.py").write_text("x = \ny = 2\n")
    return tmp_path


async def test_complete_shows_the_suggestion_and_what_it_cost(source: Path) -> None:
    """The line with the suggestion in it, then the way, the sizes and the times."""
    async with ModelServer({"x =": "compute(1)\n"}) as model:
        code, output, _ = await antiphon(source, model, "complete", "a.py:1:5")
    assert code == 0
    assert output.startswith("x = compute(1)\n")
    assert "work/coder by way 'suffix'" in output


async def test_complete_speaks_json_to_machines(source: Path) -> None:
    """Everything that was sent and measured, as one object."""
    async with ModelServer({"x =": "compute(1)\n"}) as model:
        code, output, _ = await antiphon(source, model, "complete", "--json", "a.py:1:99")
    answer = json.loads(output)
    assert (code, answer["text"], answer["source"]) == (0, "compute(1)", "model")
    assert answer["trace"]["request"]["prefix"] == "x = "


async def test_complete_explains_what_it_did(source: Path) -> None:
    """The reason in a sentence, who was asked, what was sent with its sizes, and the times."""
    async with ModelServer({"x =": "compute(1)\n"}) as model:
        code, output, _ = await antiphon(source, model, "complete", "--explain", "a.py:1:5")
    assert code == 0
    assert "shown: A suggestion was shown; the model was asked for it." in output
    assert "work/coder by way suffix" in output
    assert "prefix: 4 characters" in output
    assert "first token after" in output


@pytest.mark.parametrize(
    ("said", "reason"), [("", "empty"), ("Here is the code you asked for:", "prose"), ("\n\n", "empty")]
)
async def test_complete_says_why_there_is_nothing_and_what_was_sent(source: Path, said: str, reason: str) -> None:
    """A reason code with its sentence, and the request, however little came of it; exit code 1."""
    async with ModelServer([Rule(path="/v1/completions", text=said)]) as model:
        code, output, _ = await antiphon(source, model, "complete", "--json", "--explain", "a.py:1:5")
    answer = json.loads(output)
    assert (code, answer["text"], answer["reason"]) == (1, None, reason)
    assert answer["trace"]["request"]["prefix"] == "x = "
    assert answer["explanation"]["message"].endswith(".")
    assert answer["explanation"]["prompt"]["suffix"] == {"characters": 7}


async def test_complete_shows_what_was_sent_although_the_model_failed(source: Path) -> None:
    """The fault is said in its own words, and beside it what was asked."""
    rule = Rule(path="/v1/completions", status=401, raw='{"error": {"message": "bad key"}}')
    async with ModelServer([rule]) as model:
        code, output, _ = await antiphon(source, model, "complete", "a.py:1:5")
    assert code == 1
    assert "nothing: " in output
    assert "sent 4 + 7 characters" in output


@pytest.mark.parametrize(
    ("place", "said"),
    [("a.py", "FILE:LINE:COLUMN"), ("b.py:1:1", "cannot be read"), ("a.py:9:1", "no line 9"), ("a.py:0:1", "from 1")],
)
async def test_a_place_that_is_none_is_said_so(source: Path, place: str, said: str) -> None:
    """One sentence, exit code 1, and no traceback."""
    async with ModelServer({}) as model:
        code, output, errors = await antiphon(source, model, "complete", place)
    assert code == 1
    assert said in errors
    assert "Traceback" not in output + errors


async def test_chat_answers_a_question_about_a_file(source: Path) -> None:
    """The answer streams to standard output; the file goes along."""
    async with ModelServer([Rule(path="/v1/chat/completions", text="x is nothing yet.", piece=3)]) as model:
        code, output, _ = await antiphon(source, model, "chat", "--file", "a.py", "What", "is", "x?")
        assert (code, output.strip()) == (0, "x is nothing yet.")
        assert "y = 2" in model.requests[-1].prompt


async def test_chat_without_a_question_is_a_conversation(source: Path) -> None:
    """Line by line until the input ends; the second question knows the first."""
    rules = [Rule(contains="again", text="Two."), Rule(path="/v1/chat/completions", text="One.")]
    async with ModelServer(rules) as model:
        code, output, _ = await antiphon(source, model, "chat", typed="Say one.\n\nand again\n")
        assert code == 0
        assert "One." in output
        assert "Two." in output
        contents = json.dumps(model.requests[-1].body["messages"])
        assert "Say one." in contents
        assert "One." in contents


async def test_a_model_that_does_not_answer_is_said_so(source: Path) -> None:
    """The error names what is wrong and what to do, and the exit code says that nothing came."""
    async with ModelServer([Rule(status=401, raw='{"error": {"message": "bad key"}}')]) as model:
        code, output, errors = await antiphon(source, model, "chat", "Hello?")
    assert code == 1
    assert "key" in errors
    assert "Traceback" not in output + errors


async def test_doctor_finds_a_healthy_model(source: Path) -> None:
    """Reachable, answering a real hole and a real question: exit code 0."""
    async with ModelServer([Rule(text="1\n")]) as model:
        code, output, errors = await antiphon(source, model, "doctor")
    assert code == 0, output + errors
    assert "✓" in output


async def test_the_schema_of_the_settings_can_be_printed(source: Path) -> None:
    """It is what an editor's settings page is made from."""
    code, output, _ = await antiphon(source, None, "config", "schema")
    assert code == 0
    assert json.loads(output)["properties"]["completion"]["properties"]["eagerness"]["enum"]


async def test_models_lists_what_is_configured(source: Path) -> None:
    """Each use with its model and where that runs."""
    async with ModelServer({}) as model:
        code, output, _ = await antiphon(source, model, "models")
        assert code == 0
        assert "work/coder" in output
        assert model.v1 in output
