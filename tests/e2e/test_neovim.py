"""Antiphon in a real Neovim: its plugin, the real server, and a model server that follows a script.

Neovim is the one that `ANTIPHON_NVIM` names, the one that `.ci/install-neovim` unpacked, or the one on the PATH; it
must be 0.12 or newer. Keys go through Neovim's input queue and every wait is for a condition (`neovim_driver.lua`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.fakes import ModelServer, Received, Rule, threaded

pytestmark = pytest.mark.editor

_ROOT = Path(__file__).parents[2]
_PATIENCE_S = 15.0
_TOOLS = Path(os.environ.get("ANTIPHON_TEST_TOOLS", "~/.cache/antiphon-test")).expanduser()

ADD = "def add(a, b):\n    return a + b\n"
COMPLETIONS, CHAT = "/v1/completions", "/v1/chat/completions"
SAYS_NOTHING = Rule(path=COMPLETIONS, text="")


@dataclass(frozen=True, slots=True)
class Neovim:
    """A running Neovim. Expressions are Lua; `seen` is what the driver offers them."""

    process: subprocess.Popen[str]

    def type(self, keys: str, until: str) -> Any:
        """Type keys (in Vim's notation) and wait until an expression is true; gives its value."""
        answer = self._order(keys, until, _PATIENCE_S)
        if not answer.get("happened"):
            scene = "{seen.text(), seen.ghost(), vim.fn.mode(), vim.fn.execute('messages')}"
            pytest.fail(f"{until!r} never came: {answer}\non the screen: {self._order('', scene, 0)}")
        return answer["value"]

    def wait_for(self, expression: str) -> Any:
        """Wait until an expression is true; gives its value."""
        return self.type("", expression)

    def get(self, expression: str) -> Any:
        """Give the value of an expression as it is now."""
        return self._order("", expression, 0).get("value")

    @property
    def text(self) -> str:
        """The text of the current buffer."""
        return str(self.get("seen.text()"))

    def _order(self, keys: str, expression: str, patience_s: float) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"keys": keys, "expression": expression, "patience_s": patience_s}))
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        watchdog = threading.Timer(2 * _PATIENCE_S, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        assert line, "Neovim ended, or hung and was ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


Start: TypeAlias = Callable[..., tuple[Neovim, ModelServer]]


@pytest.fixture
def binary(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Path:
    """The Neovim under test. Without one the test is skipped, and a line says so even when nobody asks for skips."""
    versions = _candidates()
    for candidate, version in versions.items():
        if version >= (0, 12):
            return Path(candidate)
    found = ", ".join(f"{candidate} {'.'.join(map(str, version))}" for candidate, version in versions.items())
    reason = f"no Neovim 0.12 or newer (found: {found or 'none'}): run .ci/install-neovim, or set ANTIPHON_NVIM"
    with capfd.disabled():
        print(f"\nNOT TESTED: {request.node.name}: {reason}")
    pytest.skip(reason)


@pytest.fixture
def start(binary: Path, tmp_path: Path) -> Iterator[Start]:
    """Start Neovim on a file with this text, and a model server with these rules."""
    with ExitStack() as stack:

        def started(text: str, *rules: Rule) -> tuple[Neovim, ModelServer]:
            models = stack.enter_context(threaded(ModelServer([*rules, SAYS_NOTHING])))
            return stack.enter_context(neovim(binary, tmp_path, text, models.v1)), models

        yield started


@contextmanager
def neovim(binary: Path, folder: Path, text: str, base_url: str) -> Iterator[Neovim]:
    """Run Neovim on `module.py`, attached to a server whose models are all at one address; nothing of the user's."""
    home, project = folder / "home", folder / "project"
    (project / ".git").mkdir(parents=True)
    (project / "module.py").write_text(text, encoding="utf-8")
    settings = {
        "completion": {"model": "work/test-model"},
        "chat": {"model": "work/test-model"},
        "providers": {"work": {"like": "openai-compatible", "base_url": base_url, "fim": "suffix"}},
    }
    options = {"cmd": [sys.executable, "-m", "lsp_server", "serve", "--stdio"], "settings": settings}
    environment = {
        **os.environ,
        **{f"XDG_{kind}_HOME": str(home / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")},
        "HOME": str(home),
        "PYTHONPATH": str(_ROOT),
        "ANTIPHON_TEST_PLUGIN": str(_ROOT / "editors/neovim"),
        "ANTIPHON_TEST_OPTIONS": json.dumps(options),
    }
    command = [str(binary), "--headless", "-n", "-i", "NONE", "-u", str(Path(__file__).with_name("neovim_driver.lua"))]
    process = subprocess.Popen(
        [*command, "module.py"], cwd=project, env=environment, stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, text=True
    )
    with process:
        try:
            editor = Neovim(process)
            editor.wait_for("#vim.lsp.get_clients({ bufnr = 0 }) > 0")
            yield editor
            assert process.stdin
            process.stdin.close()
            assert process.wait(_PATIENCE_S) == 0
        finally:
            process.kill()


@cache
def _candidates() -> dict[str, tuple[int, ...]]:
    """Give the Neovims of this machine, the wanted one first, with their versions."""
    paths = [os.environ.get("ANTIPHON_NVIM"), str(_TOOLS / "neovim/usr/bin/nvim"), shutil.which("nvim")]
    return {path: _version(path) for path in paths if path and os.access(path, os.X_OK)}


def _version(path: str) -> tuple[int, ...]:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=_PATIENCE_S).stdout
    version = re.search(r"NVIM v(\d+)\.(\d+)", said)
    return tuple(map(int, version.groups())) if version else ()


def asked(models: ModelServer, path: str) -> list[Received]:
    """What the model server was asked on a path."""
    return [request for request in models.requests if request.path == path]


def errors(editor: Neovim) -> Mapping[str, str]:
    """What Neovim would have shown a person as trouble."""
    return {"message": editor.get("vim.fn.execute('messages')"), "error": editor.get("vim.v.errmsg")}


def test_accepting_inserts_exactly_the_ghost_text(start: Start) -> None:
    """Ghost text appears while a person types; <Tab> inserts exactly it, and then is a <Tab> again."""
    editor, _ = start("def add(a, b):\n", Rule(path=COMPLETIONS, contains="    ret", text="urn a + b"))
    editor.type("A<CR><C-u>    ret", until="seen.ghost() == 'urn a + b'")
    editor.type("<Tab>", until="seen.text():find('a %+ b')")
    assert editor.text == "def add(a, b):\n    return a + b"
    editor.type("<C-v><Tab><Tab>.", until="seen.text():find('.', 1, true)")
    assert editor.text.expandtabs(4).endswith("return a + b        .")
    assert errors(editor) == {"message": "", "error": ""}


def test_a_suggestion_of_several_lines_is_taken_line_by_line(start: Start) -> None:
    """Each <Tab> takes a line and shows the next, as it was indented, whatever the editor would do by itself."""
    head, body = "for item in items:", "        print(item)"
    editor, _ = start(
        "def show(items):\n",
        Rule(path=COMPLETIONS, contains=f"    {head}\n", text=f"{body}\n"),
        Rule(path=COMPLETIONS, contains="show(items):\n    ", text=f"{head}\n{body}\n"),
    )
    editor.type("A<CR>", until="seen.ghost() == 'for item in items:'")
    editor.type("<Tab>", until="seen.ghost():find('print')")
    editor.type("<Tab>", until="seen.text():find('print')")
    assert editor.text == f"def show(items):\n    {head}\n{body}"


def test_typing_along_the_ghost_text_asks_no_model(start: Start) -> None:
    """Who types what is shown sees the rest of it, from memory; what is asked ahead is about the text behind it."""
    editor, models = start("def add(a, b):\n", Rule(path=COMPLETIONS, contains="    ret", text="urn a + b"))
    editor.type("A<CR><C-u>    ret", until="seen.ghost() == 'urn a + b'")
    before = editor.get("seen.answers")
    editor.type("urn a", until=f"seen.answers > {before} and seen.ghost() == ' + b'")
    assert all("return a + b" in request.prompt for request in asked(models, COMPLETIONS)[1:])
    editor.type("<Tab>", until="seen.text():find('%+ b')")
    assert editor.text == "def add(a, b):\n    return a + b"


def test_what_was_typed_since_is_not_inserted_twice(start: Start) -> None:
    """<Tab> right after a key, when the shown suggestion is older than the text, inserts the rest of it."""
    editor, _ = start("def add(a, b):\n", Rule(path=COMPLETIONS, contains="    ret", text="urn a + b"))
    editor.type("A<CR><C-u>    ret", until="seen.ghost() == 'urn a + b'")
    editor.type("urn<Tab>", until="seen.text():find('a %+ b')")
    assert editor.text == "def add(a, b):\n    return a + b"


def test_a_suggestion_that_no_longer_fits_is_not_inserted(start: Start) -> None:
    """<Tab> after a key that the shown suggestion does not go on with is a plain <Tab>."""
    editor, _ = start("def add(a, b):\n", Rule(path=COMPLETIONS, contains="    ret", text="urn a + b"))
    editor.type("A<CR><C-u>    ret", until="seen.ghost() == 'urn a + b'")
    editor.type("x<Tab>", until="seen.text():find('retx ')")
    editor.type(".", until="seen.text():find('.', 1, true)")
    assert editor.text == "def add(a, b):\n    retx    ."


def test_a_key_without_ghost_text_does_what_it_is_mapped_to(start: Start) -> None:
    """A mapping of one's own for <Tab>, such as a snippet plugin's, still works when nothing is suggested."""
    editor, _ = start("")
    editor.wait_for("vim.cmd('inoremap <Tab> mine') and true")
    editor.type("i<Tab>.", until="seen.text() == 'mine.'")


def test_dismissing_leaves_the_text_alone(start: Start) -> None:
    """<C-]> takes the ghost text away, and nothing else."""
    editor, _ = start("def add(a, b):\n", Rule(path=COMPLETIONS, contains="    ret", text="urn a + b"))
    editor.type("A<CR><C-u>    ret", until="seen.ghost() == 'urn a + b'")
    editor.type("<C-]>", until="seen.ghost() == ''")
    assert editor.text == "def add(a, b):\n    ret"


def test_a_docstring_is_one_undoable_change(start: Start, tmp_path: Path) -> None:
    """`:Antiphon docstring` writes it into the buffer; one `u` gives back the text to the byte."""
    editor, _ = start(ADD, Rule(path=CHAT, text="Return the sum of a and b."))
    editor.type(":Antiphon docstring<CR>", until="seen.text():find('Return the sum')")
    assert editor.text == 'def add(a, b):\n    """Return the sum of a and b."""\n    return a + b'
    editor.type("u:silent write! undone.py<CR>", until="vim.fn.filereadable('undone.py') == 1")
    assert (tmp_path / "project/undone.py").read_bytes() == ADD.encode()
    assert errors(editor)["error"] == ""


def test_a_refused_docstring_says_why(start: Start) -> None:
    """When the model gives no usable docstring, the text stays and a message says what is wrong."""
    editor, _ = start(ADD, Rule(path=CHAT, text="def add(a, b): return a + b"))
    editor.type(":Antiphon docstring<CR>", until="vim.fn.execute('messages'):find('Antiphon: .*sentence')")
    assert editor.text + "\n" == ADD


def test_an_explanation_is_shown_in_a_split(start: Start) -> None:
    """`:Antiphon explain` shows it beside the file, where the cursor stays; `q` closes it."""
    editor, models = start(ADD, Rule(path=CHAT, text="## add\n\nIt adds."))
    editor.type(":Antiphon explain<CR>", until="seen.text('antiphon://explanation') == '## add\\n\\nIt adds.'")
    assert editor.text + "\n" == ADD
    assert "return a + b" in asked(models, CHAT)[0].prompt
    editor.type("<C-w>lq", until="vim.fn.winnr('$') == 1")


def test_a_code_action_explains(start: Start) -> None:
    """The standard menu of code actions leads to the same split."""
    editor, _ = start(ADD, Rule(path=CHAT, text="It adds."))
    editor.wait_for("seen.run_action('Explain `add`')")
    editor.wait_for("seen.text('antiphon://explanation') == 'It adds.'")
    assert errors(editor)["error"] == ""


def test_a_cancelled_answer_keeps_what_has_come(start: Start) -> None:
    """The chat streams; <C-c> ends the answer, closes the model's stream and leaves the partial text."""
    editor, models = start(ADD, Rule(path=CHAT, text="one two three four", piece=4, hold_after=2))
    editor.type(":Antiphon chat how does it work?<CR>", until="(seen.text('antiphon://chat') or ''):find('one two')")
    editor.type("<C-c>", until="seen.text('antiphon://chat'):find('Cancelled')")
    assert "## Antiphon\n\none two" in editor.text
    assert "three" not in editor.text
    models.wait(models.disconnected())


def test_a_follow_up_question_continues_the_conversation(start: Start) -> None:
    """<CR> in the chat asks on; the model is told what was said, and the lines that were attached."""
    rules = Rule(path=CHAT, contains="why?", text="Because."), Rule(path=CHAT, text="It adds.")
    editor, models = start(ADD, *rules)
    editor.type(
        ":2,2Antiphon chat what is this<CR>", until="(seen.text('antiphon://chat') or ''):find('It adds.\\n\\n')"
    )
    editor.type("<CR>why?<CR>", until="seen.text():find('Because.', 1, true)")
    first, second = asked(models, CHAT)
    assert "    return a + b" in first.prompt
    assert "def add" not in first.prompt
    said = [message["content"] for message in second.body["messages"]]
    assert any("what is this" in content for content in said)
    assert "It adds." in said
    editor.type("q", until="vim.fn.winnr('$') == 1")


def test_the_chat_outlives_its_server(start: Start) -> None:
    """When the server died amid an answer, the next one is asked in a new conversation, in the same split."""
    editor, models = start(
        ADD, Rule(path=CHAT, contains="first", text="1", hang=True), Rule(path=CHAT, text="It adds.")
    )
    editor.type(":Antiphon chat first<CR>", until="(seen.text('antiphon://chat') or ''):find('first')")
    models.wait(models.requested())
    editor.wait_for("vim.iter(vim.lsp.get_clients()):each(function(client) client:stop(true) end) or true")
    editor.wait_for("#vim.lsp.get_clients() == 0")
    editor.type("<C-w>h:edit<CR>", until="#vim.lsp.get_clients({ bufnr = 0 }) == 1")
    editor.type(":Antiphon chat second<CR>", until="seen.text('antiphon://chat'):find('It adds.', 1, true)")


def test_a_dead_endpoint_disturbs_nobody(binary: Path, tmp_path: Path) -> None:
    """Without a model there is no ghost text and no popup; the status knows the reason."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}/v1"
        with neovim(binary, tmp_path, "def add(a, b):\n", address) as editor:
            editor.type("A<CR><C-u>    ret", until="seen.answers > 0 and (require('antiphon').status() or {}).reason")
            assert editor.get("seen.ghost()") == ""
            assert errors(editor) == {"message": "", "error": ""}
            assert editor.get("require('antiphon').statusline()") == "Antiphon: unreachable"
            editor.type("<Esc>:Antiphon status<CR>", until=f"vim.fn.execute('messages'):find('{address}', 1, true)")
