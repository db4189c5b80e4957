"""Only what was approved runs, and every decision is told with its rule."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lsp_server.tools.permission import Policy, Rule
from lsp_server.tools.runner import Answer, Gate
from tests.tools.box import Box

pytestmark = pytest.mark.anyio

FILES = {"a.py": "one = 1\ntwo = 2\n", "b.py": "b\n"}
EDITS = [{"old_text": "one = 1", "new_text": "one = 11"}]


@pytest.mark.parametrize("answer", ["no", "never", None])
async def test_without_a_yes_nothing_is_done(answer: Answer | None, tmp_path: Path) -> None:
    """A no, and no answer, are the same to the file; the model is told."""
    box = Box(tmp_path, FILES, answer)
    outcome = await box.call("edit", path="a.py", edits=EDITS)
    assert outcome.is_error
    assert outcome.text.startswith("This was not done.")
    assert box.read("a.py") == FILES["a.py"]
    assert box.rules == ["ask default"]
    assert box.decided[0].answer == (answer or "none")


async def test_nobody_to_ask_is_a_no(tmp_path: Path) -> None:
    """A client that cannot show a question does not make it wait for ever."""
    box = Box(tmp_path, FILES, "once")
    gate = Gate(Policy, None, trusted=lambda: True)
    box.gate = gate
    assert (await box.call("edit", path="a.py", edits=EDITS)).is_error
    assert box.read("a.py") == FILES["a.py"]


async def test_a_person_who_is_away_has_said_no(tmp_path: Path) -> None:
    """After the patience is over."""
    box = Box(tmp_path, FILES)

    async def away(*_: object) -> Answer | None:
        await asyncio.Event().wait()
        return "once"

    box.gate = Gate(Policy, away, trusted=lambda: True, patience_s=0.0)
    outcome = await box.call("edit", path="a.py", edits=EDITS)
    assert outcome.text == "This was not done. Nobody has answered, which means no."


async def test_once_is_once(tmp_path: Path) -> None:
    """The next time it is asked again."""
    box = Box(tmp_path, FILES, "once")
    for _ in range(2):
        assert not (await box.call("run_command", command="touch x")).is_error
    assert len(box.asked) == 2


@pytest.mark.parametrize(("answer", "kept"), [("session", 0), ("always", 1)])
async def test_a_lasting_yes_holds_for_exactly_this(answer: Answer, kept: int, tmp_path: Path) -> None:
    """The same call is not asked again, one with another word is."""
    box = Box(tmp_path, FILES, answer)
    await box.call("run_command", command="touch x")
    await box.call("run_command", command="touch x")
    await box.call("run_command", command="touch x y")
    assert box.rules == ["ask default", "allow remembered-yes", "ask default"]
    assert len(box.kept) == 2 * kept


async def test_never_is_remembered_too(tmp_path: Path) -> None:
    """And kept."""
    box = Box(tmp_path, FILES, "never")
    for _ in range(2):
        assert (await box.call("run_command", command="touch x")).is_error
    assert box.rules == ["ask default", "deny remembered-no"]
    assert [allowed for _, allowed in box.kept] == [False]


async def test_a_yes_to_a_protected_file_is_never_remembered(tmp_path: Path) -> None:
    """Each change of it is asked, whatever the person answers."""
    box = Box(tmp_path, {".vscode/settings.json": "{}\n"}, "always")
    for old, new in (("{}", "{1}"), ("{1}", "{}"), ("{}", "{1}")):
        await box.call("edit", path=".vscode/settings.json", edits=[{"old_text": old, "new_text": new}])
    assert box.rules == ["ask protected-file"] * 3
    assert not box.kept


async def test_what_changed_while_the_person_thought_is_not_done(tmp_path: Path) -> None:
    """The yes was to the difference that was shown."""
    box = Box(tmp_path, FILES, "once")
    box.before_answer = lambda: box.write("a.py", "one = 1\nthree = 3\n")
    outcome = await box.call("edit", path="a.py", edits=EDITS)
    assert outcome.is_error
    assert "changed since the person approved it" in outcome.text
    assert box.read("a.py") == "one = 1\nthree = 3\n"


async def test_a_file_that_was_exchanged_by_a_link_is_not_written(tmp_path: Path) -> None:
    """Even when the text is the same."""
    box = Box(tmp_path, FILES, "once")
    outside = tmp_path / "outside.py"
    outside.write_text(FILES["a.py"])

    def swap() -> None:
        (box.root / "a.py").unlink()
        (box.root / "a.py").symlink_to(outside)

    box.before_answer = swap
    assert (await box.call("edit", path="a.py", edits=EDITS)).is_error
    assert outside.read_text() == FILES["a.py"]


async def test_a_program_that_was_exchanged_is_not_run(tmp_path: Path) -> None:
    """The words are the same, what they run is not."""
    box = Box(tmp_path, {"ran": ""}, "once")
    tool = tmp_path / "bin/mytool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho good\n")
    tool.chmod(0o755)
    box.given(environment={"PATH": f"{tool.parent}:/usr/bin:/bin"})
    assert (await box.call("run_command", command="mytool")).text == "good\n(exit code 0)"
    box.before_answer = lambda: tool.write_text("#!/bin/sh\necho evil > ran\n")
    assert "changed since" in (await box.call("run_command", command="mytool")).text
    assert box.read("ran") == ""


async def test_a_rule_that_came_while_the_person_thought_counts(tmp_path: Path) -> None:
    """Settings may change at any time; the stricter wins."""
    box = Box(tmp_path, FILES, "once")

    def forbid() -> None:
        box.policy = Policy((Rule("deny", "edit"),))

    box.before_answer = forbid
    assert (await box.call("edit", path="a.py", edits=EDITS)).is_error
    assert box.rules == ["ask default", "deny user: deny edit"]
    assert box.read("a.py") == FILES["a.py"]


async def test_wrong_arguments_are_answered_before_anything_is_asked(tmp_path: Path) -> None:
    """The person is not bothered with what cannot be done."""
    box = Box(tmp_path, FILES, "once")
    assert "path is missing" in (await box.call("edit", edits=EDITS)).text
    assert "refused" in (await box.call("edit", path="../x", edits=EDITS)).text
    assert not box.asked


async def test_a_cancelled_call_leaves_as_a_cancellation(tmp_path: Path) -> None:
    """While the person is asked, too; nothing is done and nothing swallowed."""
    box = Box(tmp_path, FILES)
    asking = asyncio.Event()

    async def slow(*_: object) -> Answer | None:
        asking.set()
        await asyncio.Event().wait()
        return "once"

    box.gate = Gate(Policy, slow, trusted=lambda: True)
    task = asyncio.create_task(box.call("edit", path="a.py", edits=EDITS))
    await asking.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert box.read("a.py") == FILES["a.py"]


async def test_an_untrusted_folder_is_inert(tmp_path: Path) -> None:
    """Reading goes on; whatever could run something is asked, with the reason."""
    box = Box(tmp_path, FILES)
    box.trusted = False
    assert not (await box.call("read_file", path="a.py")).is_error
    assert (await box.call("run_command", command="ls")).is_error
    assert box.rules == ["allow reading", "ask untrusted-folder"]
