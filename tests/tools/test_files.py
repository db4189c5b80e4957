"""Files are read as the person has them, and edited in the version that was read, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lsp_server.tools.request import FileDiff
from tests.tools.box import Box

pytestmark = pytest.mark.anyio

FILES: dict[str, str | bytes] = {
    "src/a.py": "def f():\n    return 1\n",
    "secrets/.env": "KEY=hunter2\n",
    "vendor/.antiphonignore": "*\n",
    "vendor/x.py": "hidden\n",
    "image.bin": b"\x00\x01",
}


async def test_a_file_is_read_with_the_numbers_of_its_lines(tmp_path: Path) -> None:
    """So that an answer can cite them."""
    box = Box(tmp_path, FILES)
    outcome = await box.call("read_file", path="src/a.py")
    assert outcome.text == "     1\tdef f():\n     2\t    return 1\n"
    assert outcome.locations[0].uri == (box.root / "src/a.py").as_uri()


async def test_unsaved_text_is_what_is_read(tmp_path: Path) -> None:
    """The editor's text first; a file that was never saved is there too."""
    box = Box(tmp_path, FILES)
    box.open("src/a.py", "unsaved\n")
    box.open("new.py", "never saved\n")
    assert "unsaved" in (await box.call("read_file", path="src/a.py")).text
    assert "never saved" in (await box.call("read_file", path="new.py")).text


async def test_a_long_file_comes_in_parts_with_a_pointer_to_the_rest(tmp_path: Path) -> None:
    """At most 2,000 lines and 50 kB at once."""
    box = Box(tmp_path, {"long.txt": "".join(f"{number}\n" for number in range(1, 9_001)), "wide.txt": "x" * 400_000})
    text = (await box.call("read_file", path="long.txt")).text
    assert text.endswith("  2000\t2000\n… 7000 more lines")
    part = (await box.call("read_file", path="long.txt", offset=8_999)).text
    assert part == "  8999\t8999\n  9000\t9000\n"
    assert (await box.call("read_file", path="long.txt", offset=10_000)).text == "(The file has 9000 lines.)"
    assert len((await box.call("read_file", path="wide.txt")).text) < 60_000


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("secrets/.env", "secrets/.env is excluded: files like .env may hold secrets"),
        ("vendor/x.py", "vendor/x.py is excluded: it is excluded by line 1 of vendor/.antiphonignore"),
        ("image.bin", "image.bin is excluded: it is not UTF-8 text"),
        ("nothing.py", "There is no file nothing.py"),
        ("src", "src is a folder: list it"),
    ],
)
async def test_what_is_not_shown_is_said_to_be_excluded_or_missing(path: str, said: str, tmp_path: Path) -> None:
    """A model that is told "missing" would write it anew."""
    outcome = await Box(tmp_path, FILES).call("read_file", path=path)
    assert outcome.is_error
    assert said in outcome.text


@pytest.mark.parametrize("tool", ["edit", "create_file", "delete_file", "rename_file"])
async def test_an_excluded_file_is_not_changed_either(tool: str, tmp_path: Path) -> None:
    """Nor is one made under an excluded name; nobody is even asked."""
    box = Box(tmp_path, FILES, "once")
    arguments: dict[str, dict[str, Any]] = {
        "edit": {"path": "secrets/.env", "edits": [{"old_text": "KEY", "new_text": "x"}]},
        "create_file": {"path": "new/.env", "text": "x"},
        "delete_file": {"path": "secrets/.env"},
        "rename_file": {"path": "src/a.py", "new_path": "id_rsa"},
    }
    outcome = await box.call(tool, **arguments[tool])
    assert outcome.is_error
    assert "excluded" in outcome.text
    assert not box.asked


async def test_a_folder_is_listed_without_what_is_excluded(tmp_path: Path) -> None:
    """That there is more is told, not what."""
    box = Box(tmp_path, FILES)
    assert (await box.call("list_dir", path="secrets")).text == "(1 more excluded)\n"
    assert (await box.call("list_dir")).text.startswith("secrets/\nsrc/\nvendor/\n")


async def test_what_lies_outside_is_read_when_the_person_says_so(tmp_path: Path) -> None:
    """And never without."""
    box = Box(tmp_path, FILES, "once")
    (tmp_path / "notes.txt").write_text("outside\n")
    assert "outside" in (await box.call("read_file", path=str(tmp_path / "notes.txt"))).text
    assert box.rules == ["ask outside-read"]
    box.answer = "no"
    assert (await box.call("read_file", path=str(tmp_path / "notes.txt"))).is_error
    box.answer = "session"
    for _ in range(2):
        assert not (await box.call("read_file", path=str(tmp_path / "notes.txt"))).is_error
    assert box.rules[1:] == ["ask outside-read", "ask outside-read", "allow remembered-yes"]


async def edited(box: Box, old: str, new: str, path: str = "src/a.py") -> str:
    """Let the model make one edit, and give what it is told."""
    return (await box.call("edit", path=path, edits=[{"old_text": old, "new_text": new}])).text


async def test_an_edit_is_shown_as_a_difference_and_made(tmp_path: Path) -> None:
    """What the person sees is the whole text before and after."""
    box = Box(tmp_path, FILES, "once")
    outcome = await box.call("edit", path="src/a.py", edits=[{"old_text": "return 1", "new_text": "return 2"}])
    assert outcome.text == "src/a.py was edited at line 2."
    after = "def f():\n    return 2\n"
    assert box.read("src/a.py") == after
    uri = (box.root / "src/a.py").as_uri()
    assert box.asked[0][0].diffs == outcome.diffs == (FileDiff(uri, str(FILES["src/a.py"]), after),)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\ufeffone\r\ntwo\r\n", "\ufeffone\r\n2\r\n"),
        ("one\ntwo", "one\n2"),
        ("one\rtwo\rthree\r", "one\r2\rthree\r"),
        ("a\x0cb\u2028c\r\ntwo\r\nmixed\n", "a\x0cb\u2028c\r\n2\r\nmixed\n"),
    ],
)
async def test_an_edit_keeps_every_byte_around_it(before: str, after: str, tmp_path: Path) -> None:
    """Byte order mark, line ends, and whether the last line has one."""
    box = Box(tmp_path, {"t.txt": before}, "once")
    await edited(box, "two", "2", "t.txt")
    assert (box.root / "t.txt").read_bytes() == after.encode()


async def test_an_open_file_is_changed_through_the_editor(tmp_path: Path) -> None:
    """Never behind its back: the file on disk stays as it is until the person saves."""
    box = Box(tmp_path, FILES, "once")
    box.open("src/a.py", "def f():\n    return 5  # unsaved\n")
    await edited(box, "return 5", "return 6")
    assert box.editor.documents[(box.root / "src/a.py").as_uri()].text == "def f():\n    return 6  # unsaved\n"
    assert box.editor.labels == ["Edit src/a.py"]
    assert box.read("src/a.py") == FILES["src/a.py"]


async def test_an_edit_of_what_has_changed_since_it_was_read_is_refused(tmp_path: Path) -> None:
    """On disk as well as in the editor; after reading it again it is made."""
    box = Box(tmp_path, FILES, "once")
    await box.call("read_file", path="src/a.py")
    box.write("src/a.py", "# mine\ndef f():\n    return 1\n")
    assert "has changed since it was read" in await edited(box, "return 1", "return 2")
    box.open("src/a.py", "# unsaved\ndef f():\n    return 1\n")
    assert "has changed since it was read" in await edited(box, "return 1", "return 2")
    await box.call("read_file", path="src/a.py")
    assert "was edited" in await edited(box, "return 1", "return 2")


async def test_a_model_that_edits_twice_need_not_read_in_between(tmp_path: Path) -> None:
    """It knows what it has made of the file."""
    box = Box(tmp_path, FILES, "once")
    await box.call("read_file", path="src/a.py")
    assert "was edited" in await edited(box, "return 1", "return 2")
    assert "was edited" in await edited(box, "return 2", "return 3")


async def test_several_edits_are_all_made_or_none(tmp_path: Path) -> None:
    """The one that has no place is named."""
    box = Box(tmp_path, FILES, "once")
    edits = [{"old_text": "def f", "new_text": "def g"}, {"old_text": "return 9", "new_text": "return 2"}]
    outcome = await box.call("edit", path="src/a.py", edits=edits)
    assert outcome.text.startswith("Edit 2 of 2: ")
    assert outcome.text.endswith("Nothing was changed.")
    assert box.read("src/a.py") == FILES["src/a.py"]
    overlapping = [{"old_text": "def f", "new_text": "x"}, {"old_text": "def f():", "new_text": "y"}]
    assert "overlap" in (await box.call("edit", path="src/a.py", edits=overlapping)).text


async def test_a_file_that_was_never_read_is_edited_only_where_there_is_one_place(tmp_path: Path) -> None:
    """Twice the same text is no place."""
    box = Box(tmp_path, {"a.txt": "x = 1\ny = 1\nx = 1\n"}, "once")
    assert "more than one place" in await edited(box, "x = 1", "x = 2", "a.txt")
    assert "was edited" in await edited(box, "y = 1", "y = 2", "a.txt")


async def test_a_file_is_created_with_its_folders_and_never_over_another(tmp_path: Path) -> None:
    """Nor over one that is only open in the editor."""
    box = Box(tmp_path, FILES, "once")
    box.open("new.py", "unsaved\n")
    assert "was created" in (await box.call("create_file", path="x/y/z.py", text="z\r\n")).text
    assert (box.root / "x/y/z.py").read_bytes() == b"z\r\n"
    for path in ("src/a.py", "new.py"):
        assert f"{path} exists" in (await box.call("create_file", path=path, text="")).text


async def test_a_file_is_renamed_or_deleted_only_when_the_person_says_so(tmp_path: Path) -> None:
    """And the whole text is shown that would go."""
    box = Box(tmp_path, FILES, "no")
    assert (await box.call("rename_file", path="src/a.py", new_path="b/c.py")).is_error
    assert (await box.call("delete_file", path="src/a.py")).is_error
    box.answer = "once"
    assert "is now b/c.py" in (await box.call("rename_file", path="src/a.py", new_path="b/c.py")).text
    outcome = await box.call("delete_file", path="b/c.py")
    assert [diff.old for diff in outcome.diffs] == [FILES["src/a.py"]]
    assert not (box.root / "b/c.py").exists()


async def test_a_file_with_unsaved_changes_is_neither_renamed_nor_deleted(tmp_path: Path) -> None:
    """They would be lost, or come back under the old name."""
    box = Box(tmp_path, FILES, "once")
    box.open("src/a.py", "unsaved\n")
    assert "unsaved changes" in (await box.call("delete_file", path="src/a.py")).text
    assert "unsaved changes" in (await box.call("rename_file", path="src/a.py", new_path="b.py")).text
    assert box.read("src/a.py") == FILES["src/a.py"]
