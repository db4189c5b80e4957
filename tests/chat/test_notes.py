"""Notes are plain files of the person's own, small, and no text from outside gets into them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lsp_server.chat.notes import MOST_FILE_BYTES, NoteRefused, Notes


def test_a_note_is_a_line_that_a_model_is_told(tmp_path: Path) -> None:
    """Those for all projects come first, and those of a project only when it is worked on."""
    notes = Notes(tmp_path / "new", "/project")
    notes.add("project", "Run\nmake check.", by="person")
    notes.add("user", "I like tabs.", by="person")
    assert notes.path("user").read_text() == "# What Antiphon keeps in mind\n\n- I like tabs.\n"
    assert [each.scope for each in notes.read()] == ["user", "project"]
    assert notes.text.index("- I like tabs.") < notes.text.index("- Run make check.")
    assert "asked to keep, for this project:\n```\n" in notes.text
    assert [each.scope for each in Notes(tmp_path / "new", "/other").read()] == ["user"]
    assert Notes(tmp_path / "none", "/project").text == ""


def test_only_the_person_may_read_them(tmp_path: Path) -> None:
    """The file and a folder that is made for it belong to their owner."""
    notes = Notes(tmp_path / "new", "/project")
    notes.add("user", "I like tabs.", by="person")
    assert stat.S_IMODE(notes.path("user").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    notes.remove("user", "- I like tabs.")
    assert stat.S_IMODE(notes.path("user").stat().st_mode) == 0o600


def test_a_note_is_kept_once_and_can_be_removed(tmp_path: Path) -> None:
    """What the person wrote around it stays, also without a line end."""
    notes = Notes(tmp_path, "/project")
    notes.path("user").write_text("Mine\n\n- a")
    notes.add("user", "b", by="person")
    notes.add("user", "b", by="person")
    assert notes.path("user").read_text() == "Mine\n\n- a\n- b\n"
    notes.remove("user", "- a")
    assert notes.path("user").read_text() == "Mine\n\n- b\n"
    with pytest.raises(NoteRefused, match="no such note"):
        notes.remove("user", "- a")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.md"]


def test_a_model_keeps_only_what_the_person_approved(tmp_path: Path) -> None:
    """And nothing at all once text from outside has come into the turn, whoever nods."""
    notes = Notes(tmp_path, "/project")
    with pytest.raises(NoteRefused, match="not approved"):
        notes.add("user", "a", by="model")
    with pytest.raises(NoteRefused, match="from outside"):
        notes.add("user", "a", by="model", approved=True, saw_untrusted=True)
    assert not notes.path("user").exists()
    notes.add("user", "a", by="model", approved=True)
    notes.add("user", "b", by="person", saw_untrusted=True)
    assert notes.path("user").read_text().endswith("- a\n- b\n")


def test_notes_are_small(tmp_path: Path) -> None:
    """A note has a length, a file has a size, and a file that grew in an editor is read in part."""
    notes = Notes(tmp_path, "/project")
    for wrong, why in (("", "nothing"), (" \u200b", "nothing"), ("x" * 501, "too long")):
        with pytest.raises(NoteRefused, match=why):
            notes.add("user", wrong, by="person")
    for number in range(31):
        notes.add("user", f"{number} " + "x" * 495, by="person")
    with pytest.raises(NoteRefused, match="is full"):
        notes.add("user", "y" * 500, by="person")
    notes.path("user").write_text("- z\n" * MOST_FILE_BYTES)
    (noted,) = notes.read()
    assert len(noted.text) <= MOST_FILE_BYTES
    assert "only its first" in noted.note
    notes.path("user").write_text("- first\n" + "- z\n" * MOST_FILE_BYTES)
    notes.remove("user", "- first")
    assert notes.path("user").read_text() == "- z\n" * MOST_FILE_BYTES


def test_hidden_characters_are_neither_kept_nor_told(tmp_path: Path) -> None:
    """Wherever they come from."""
    notes = Notes(tmp_path, "/project")
    notes.add("user", "a\u202eb", by="person")
    assert notes.path("user").read_text().endswith("- ab\n")
    notes.path("user").write_text("- a\U000e0041b")
    assert notes.read()[0].text == "- ab"
    assert notes.read()[0].note == "1 tag characters taken out"


def test_a_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    """A sentence of ours, whatever the system says."""
    (tmp_path / "notes.md").mkdir()
    with pytest.raises(NoteRefused, match="cannot be read"):
        Notes(tmp_path, "/project").add("user", "a", by="person")
    (tmp_path / "file").write_text("")
    with pytest.raises(NoteRefused, match="cannot be"):
        Notes(tmp_path / "file", "/project").add("user", "a", by="person")
