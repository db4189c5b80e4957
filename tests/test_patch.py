"""A patch by files and hunks, and as much of it as fits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from context.patch import FilePatch, fitted, patches_of

HEADER = "diff --git a/{0} b/{0}\n--- a/{0}\n+++ b/{0}\n"


def patch(name: str, *hunks: str) -> FilePatch:
    return FilePatch(HEADER.format(name), tuple(f"@@ -1 +1 @@\n{hunk}\n" for hunk in hunks))


def lines(text: str) -> int:
    return text.count("\n")


def test_a_patch_is_parted_by_files_and_hunks() -> None:
    """Content never begins one, since each of its lines has a mark before it."""
    patches = [
        patch("a", "-x\n+y", "+diff --git a/z b/z\n+@@ -1 +1 @@"),
        patch("b", " same"),
        FilePatch("diff --git c\n"),
    ]
    text = "".join("".join((each.header, *each.hunks)) for each in patches)
    assert list(patches_of(text)) == patches
    assert list(patches_of("")) == []


def test_what_fits_is_shown_whole() -> None:
    """In its order."""
    assert fitted([patch("a", "+1"), patch("b", "+2")], 100, lines) == [
        HEADER.format("a") + "@@ -1 +1 @@\n+1\n",
        HEADER.format("b") + "@@ -1 +1 @@\n+2\n",
    ]


def test_a_long_file_leaves_room_for_the_others() -> None:
    """It takes at most half while others wait; whole hunks are left out, and counted."""
    long = patch("a", "+1\n+2", "+3\n+4\n+5\n+6\n+7\n+8\n+9", "+a")
    first, second = fitted([long, patch("b", "+2")], 20, lines)
    assert first.endswith("@@ -1 +1 @@\n+1\n+2\n@@ -1 +1 @@\n+a\n… 1 of 3 hunks left out: too long\n")
    assert second.endswith("+2\n")


def test_files_without_room_are_left_out() -> None:
    """The caller counts them."""
    assert len(fitted([patch("a", "+1"), patch("b", "+2"), patch("c", "+3")], 9, lines)) == 2
    assert fitted([patch("a", "+1")], 2, lines) == []


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=5), st.integers(-1, 60))
def test_the_room_is_kept(sizes: list[list[int]], room: int) -> None:
    """However many files and hunks of whatever length."""
    patches = [patch(str(n), *("+" + "\n+".join("x" * size) for size in hunks)) for n, hunks in enumerate(sizes)]
    assert sum(map(lines, fitted(patches, room, lines))) <= max(room, 0)


@given(st.text(alphabet="@d if-g\n+t ", max_size=60))
def test_no_character_is_lost(text: str) -> None:
    """Whatever git prints, the parts make it again."""
    assert "".join("".join((each.header, *each.hunks)) for each in patches_of(text)) == text
