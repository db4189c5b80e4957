"""Recent edits: merged as they belong together, shown as small diffs, and only where they are news."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from context.edit_pairs import LineEdit
from context.recent import Recent
from context.text import Document, Position, RangeChange

FILE = "".join(f"line {i}\n" for i in range(400))


class Story:
    """One document that is edited, and a clock that is moved by hand."""

    def __init__(self, text: str = FILE, uri: str = "file:///a.py") -> None:
        self.now_s = 0.0
        self.recent = Recent(lambda: self.now_s)
        self.document = Document.of(uri, "python", 1, text)

    def put(self, line: int, text: str, *, lines: int = 0, after_s: float = 1.0) -> None:
        """Put a text in place of some lines."""
        self.now_s += after_s
        change = RangeChange(Position(line, 0), Position(line + lines, 0), text)
        before, self.document = self.document, self.document.with_change(change, "utf-16", self.document.version + 1)
        self.recent.change(before, self.document)

    def diffs(self, uri: str = "file:///other.py", line: int = 0) -> list[str]:
        """Give the diffs as seen from a line of a file."""
        return [snippet.text for snippet in self.recent.edits(uri, line)]


def test_an_edit_is_shown_by_the_lines_that_went_and_came() -> None:
    """What stays as it was is left out."""
    story = Story()
    story.put(10, "new 10\n", lines=1)
    assert story.diffs() == ["-line 10\n+new 10\n"]


def test_edits_near_in_place_and_time_are_one() -> None:
    """A line that is typed key by key is one edit, from what was there first to what is there now."""
    story = Story()
    story.put(10, "a\n", lines=1)
    story.put(10, "ab\n", lines=1)
    story.put(11, "more\n")
    assert story.diffs() == ["-line 10\n+ab\n+more\n"]


def test_edits_far_in_place_or_time_stand_alone_the_last_one_first() -> None:
    """A pause, or another part of the file, begins something new."""
    story = Story()
    story.put(10, "a\n", lines=1)
    story.put(300, "b\n", lines=1)
    story.put(300, "c\n", lines=1, after_s=60.0)
    assert story.diffs() == ["-b\n+c\n", "-line 300\n+b\n", "-line 10\n+a\n"]


def test_an_older_edit_moves_with_the_lines_above_it() -> None:
    """Where an edit stands now decides whether it is near the cursor."""
    story = Story()
    story.put(150, "a\n", lines=1)
    story.put(0, "x\n" * 100, after_s=60.0)
    assert story.diffs(story.document.uri, 0) == ["-line 150\n+a\n"]
    assert "-line 150\n+a\n" not in story.diffs(story.document.uri, 250)


def test_an_edit_around_the_cursor_is_not_shown() -> None:
    """The prompt holds that text already; from another file it is news."""
    story = Story()
    story.put(10, "new\n", lines=1)
    assert story.diffs(story.document.uri, 60) == []
    assert story.diffs(story.document.uri, 300) == story.diffs() != []


def test_an_edit_that_was_undone_is_not_shown() -> None:
    """Nothing has changed in the end."""
    story = Story()
    story.put(10, "new\n", lines=1)
    story.put(10, "line 10\n", lines=1)
    assert story.diffs() == []


def test_a_whole_new_text_counts_where_it_differs() -> None:
    """Some editors send the whole document for a change of one line."""
    story = Story("a\nb\nc\n")
    story.recent.change(story.document, Document.of(story.document.uri, "python", 2, "a\nB\nc\n"))
    assert story.diffs() == ["-b\n+B\n"]


def test_files_are_known_by_their_last_visit_and_can_be_forgotten() -> None:
    """The last one stands first; a file that may no longer be seen leaves nothing."""
    story = Story()
    story.put(1, "x\n")
    story.recent.visit("file:///b.py")
    story.recent.visit(story.document.uri)
    assert story.recent.files() == [story.document.uri, "file:///b.py"]
    story.recent.forget(story.document.uri)
    assert story.recent.files() == ["file:///b.py"]
    assert story.diffs() == []


def test_a_file_that_was_formatted_anew_is_not_compared() -> None:
    """A difference of thousands of lines takes seconds to find, and says nothing about what comes next."""
    story = Story()
    story.put(0, "".join(f"    line {i}\n" for i in range(400)), lines=400)
    assert story.diffs() == []
    story.put(0, "first\n", lines=1, after_s=60.0)
    assert story.diffs() == ["-    line 0\n+first\n"]


def test_the_edits_of_a_document_are_values_the_last_one_first() -> None:
    """Each is given by its lines before and after, at the place where it stands now."""
    story = Story()
    story.put(150, "a\n", lines=1)
    story.put(0, "x\ny\n", after_s=60.0)
    assert story.recent.edits_in(story.document.uri) == [
        LineEdit(0, ("line 0\n",), ("x\n", "y\n", "line 0\n")),
        LineEdit(152, ("line 150\n", "line 151\n"), ("a\n", "line 151\n")),
    ]
    assert story.recent.edits_in("file:///other.py") == []


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.sampled_from(["", "x\n", "y\nz\n", "x"])), max_size=4)
)
def test_merged_edits_tell_the_whole_story(changes: list[tuple[int, int, str]]) -> None:
    """Edits that were merged into one lead from the first text to the last, whatever they were."""
    story = Story("".join(f"{i}\n" for i in range(8)))
    first = story.document.lines
    for line, lines, text in changes:
        story.put(line, text, lines=lines)
    gone = [text[1:] for diff in story.diffs() for text in diff.splitlines() if text.startswith("-")]
    came = [text[1:] for diff in story.diffs() for text in diff.splitlines() if text.startswith("+")]
    before = sorted(line.strip() for line in first)
    after = sorted(line.strip() for line in story.document.lines)
    assert sorted(filter(None, before + came)) == sorted(filter(None, after + gone))
