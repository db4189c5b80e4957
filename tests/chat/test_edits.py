"""An edit that a model wrote finds its one place, keeps every byte around it, or is refused with advice."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from context.text import Document
from lsp_server.chat.edit_places import Match
from lsp_server.chat.edits import Replacement, locate
from lsp_server.errors import EditRefused

FILE = textwrap.dedent(
    """\
    import os


    class Store:
        def load(self, key):
            path = self.path(key)
            with open(path) as file:
                return file.read()

        def save(self, key, text):
            path = self.path(key)
            with open(path, "w") as file:
                file.write(text)
    """
)


def applied(text: str, edit: Replacement) -> str:
    """Apply an edit to a text."""
    located = locate(Document.of("file:///store.py", "python", 1, text), edit)
    for change in reversed(located.edits):
        text = text[: change.span.start] + change.new_text + text[change.span.end :]
    return text


def check(search: str, replace: str, *, was: str, becomes: str, text: str = FILE) -> None:
    """Check that an edit does to a text what replacing `was` by `becomes`, which stands there once, does."""
    assert text.count(was) == 1
    assert applied(text, Replacement(search, replace)) == text.replace(was, becomes)


def refused(search: str, replace: str = "x = 1\n", text: str = FILE, *, whole_lines: bool = True) -> EditRefused:
    """Give the refusal of an edit."""
    with pytest.raises(EditRefused) as caught:
        applied(text, Replacement(search, replace, whole_lines=whole_lines))
    return caught.value


SAVE = '        with open(path, "w") as file:\n            file.write(text)\n'
ATOMIC = "        with replacing(path) as file:\n            file.write(text)\n            file.flush()\n"


def test_lines_that_stand_there_once_are_replaced() -> None:
    """The plain case."""
    check(SAVE, ATOMIC, was=SAVE, becomes=ATOMIC)


def test_lost_indentation_is_given_back() -> None:
    """Old and new lines are moved together, the new deeper ones too."""
    new = "with replacing(path) as file:\n    file.write(text)\n    if self.sync:\n        file.flush()\n"
    check(
        textwrap.dedent(SAVE),
        new,
        was=SAVE,
        becomes=textwrap.indent(new, "        "),
    )


def test_blanks_become_tabs_where_the_file_has_tabs() -> None:
    """Also in lines that are deeper than any that was quoted."""
    tabbed = FILE.replace("    ", "\t")
    check(
        "        def load(self, key):\n            path = self.path(key)\n",
        "        def load(self, key):\n            if not key:\n                return None\n",
        was="\tdef load(self, key):\n\t\tpath = self.path(key)\n",
        becomes="\tdef load(self, key):\n\t\tif not key:\n\t\t\treturn None\n",
        text=tabbed,
    )


@pytest.mark.parametrize("eol", ["\r\n", "\r"])
def test_the_files_line_ends_are_kept(eol: str) -> None:
    """Whatever line ends the model wrote."""
    check(SAVE, ATOMIC, was=SAVE.replace("\n", eol), becomes=ATOMIC.replace("\n", eol), text=FILE.replace("\n", eol))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("blanks at line ends", lambda text: text.replace("\n", "  \n")),
        ("a fence", lambda text: f"```python\n{text}```\n"),
        ("line numbers", lambda text: "".join(f"{12 + n}: {x}\n" for n, x in enumerate(text.splitlines()))),
        ("line numbers of cat", lambda text: "".join(f"{12 + n:6}\t{x}\n" for n, x in enumerate(text.splitlines()))),
        ("HTML", lambda text: text.replace('"', "&quot;")),
        ("typographic quotes", lambda text: text.replace('"w"', "“w”")),
        ("escapes", lambda text: text.replace("\n", "\\n").replace('"', '\\"')),
    ],
)
def test_what_a_model_picked_up_on_the_way_is_taken_off(name: str, damage: object) -> None:
    """In the quoted and in the new lines alike."""
    assert callable(damage)
    check(damage(SAVE), damage(ATOMIC), was=SAVE, becomes=ATOMIC)


def test_the_marks_of_a_diff_are_taken_off() -> None:
    """A block whose halves are marked as in a diff."""
    check("-import os\n", "+import os.path\n", was="import os\n", becomes="import os.path\n")


def test_lines_left_out_stay() -> None:
    """An elision in both halves stands for lines that nobody wants to change."""
    check(
        "    def save(self, key, text):\n        # ... existing code ...\n            file.write(text)\n",
        "    def save(self, key, data):\n        # ... existing code ...\n            file.write(data)\n",
        was='save(self, key, text):\n        path = self.path(key)\n        with open(path, "w") as file:\n'
        "            file.write(text)",
        becomes='save(self, key, data):\n        path = self.path(key)\n        with open(path, "w") as file:\n'
        "            file.write(data)",
    )


def test_new_text_that_leaves_lines_out_is_refused() -> None:
    """ "The rest stays" in the new half alone would delete the rest."""
    whole = FILE[FILE.index("    def load") :]
    lazy = "    def load(self, key):\n        # ... existing code ...\n"
    assert refused(whole, lazy).reason == "lazy"


def test_blank_lines_between_quoted_lines_do_not_matter() -> None:
    """They stay where they are."""
    check(
        "import os\nclass Store:\n",
        "import os\nclass Store(dict):\n",
        was="import os\n\n\nclass Store:\n",
        becomes="import os\n\n\nclass Store(dict):\n",
    )


def test_lines_that_are_only_quoted_keep_every_byte() -> None:
    """A blank at the end of a line that the edit does not change is the person's."""
    text = FILE.replace("import os\n", "import os   \n")
    check(
        "import os\n\n\nclass Store:\n",
        "import os\n\n\nclass Store(dict):\n",
        was="Store:",
        becomes="Store(dict):",
        text=text,
    )


def test_a_stretch_of_a_line_is_replaced_where_no_whole_line_fits() -> None:
    """As the tools of most models ask for it; never within a word."""
    check("self, key, text", "self, key: str, text: str", was="self, key, text", becomes="self, key: str, text: str")
    assert refused("tex", "data").reason == "not-found"


def test_no_new_lines_delete_the_quoted_ones() -> None:
    """And leave no empty line."""
    check("import os", "", was="import os\n", becomes="")


def test_a_file_without_a_last_line_end_keeps_to_it() -> None:
    """Also when the last line goes."""
    assert applied("a\nb", Replacement("b\n", "c\n")) == "a\nc"
    assert applied("a\nb", Replacement("b\n", "b\nc\n")) == "a\nb\nc"
    assert applied("a\nb", Replacement("b\n", "")) == "a"


def test_a_byte_order_mark_stays() -> None:
    """It is no part of the first line."""
    assert applied("\ufeffa\nb\n", Replacement("a\n", "c\n")) == "\ufeffc\nb\n"


def test_an_empty_file_takes_new_text() -> None:
    """There is nothing to quote from it."""
    assert applied("", Replacement("", "a\n")) == "a\n"
    assert refused("", "a\n").reason == "no-search"


def test_what_stands_in_many_places_is_asked_for() -> None:
    """The numbers of the lines say where; nothing is guessed."""
    error = refused("        path = self.path(key)\n")
    assert (error.reason, "from line 6, 11" in str(error)) == ("ambiguous", True)
    assert refused("path", whole_lines=False).reason == "ambiguous"


def test_a_line_number_settles_which_place_is_meant() -> None:
    """Said by the format, or written before the quoted lines."""
    right = FILE.replace('        path = self.path(key)\n        with open(path, "w")', '        with open(path, "w")')
    assert applied(FILE, Replacement("        path = self.path(key)\n", "", line=11)) == right
    assert applied(FILE, Replacement("11|        path = self.path(key)\n", "")) == right


def test_what_is_not_there_is_refused_with_the_nearest_lines() -> None:
    """Similar is not the same: the model has to look again."""
    error = refused(
        "        path = self.path(name)\n        with open(path) as file:\n            return file.read()\n"
    )
    assert error.reason == "not-found"
    assert "from line 6:\n        path = self.path(key)\n        with open(path) as file:" in str(error)


def test_an_edit_without_a_change_is_refused() -> None:
    """It is a mistake, and the model should know."""
    assert refused(SAVE, SAVE).reason == "no-change"


def test_lines_without_any_indentation_take_that_of_the_lines_they_replace() -> None:
    """Where each new line is plainly an old one; otherwise nobody can tell where it belongs."""
    flat = 'with open(path, "w") as file:\nfile.write(text)\n'
    check(flat, flat.replace('"w"', '"wb"'), was='"w"', becomes='"wb"')
    assert refused(flat, "if text:\nreturn None\nfile.write(text)\n").reason == "indentation"


LINES = st.lists(st.sampled_from(["a", "  b", "    c()", "d\te", "", "  }", "x = '🎈'"]), min_size=1, max_size=30)


@given(LINES, st.data())
def test_an_exact_quotation_becomes_exactly_the_new_text(lines: list[str], data: st.DataObject) -> None:
    """Whatever the file: lines quoted as they are and found once are replaced, and nothing else changes."""
    first = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(first + 1, len(lines)))
    search = "".join(f"{line}\n" for line in lines[first:end])
    new = "".join(f"{line}\n" for line in data.draw(LINES))
    text = "".join(f"{line}\n" for line in lines)
    assume(search.strip() and search != new)
    document = Document.of("file:///a", "", 1, text)
    assume(sum(lines[at : at + end - first] == lines[first:end] for at in range(len(lines))) == 1)
    located = locate(document, Replacement(search, new))
    assert located.match == Match.EXACT
    assert applied(text, Replacement(search, new)) == "".join(f"{x}\n" for x in lines[:first]) + new + "".join(
        f"{x}\n" for x in lines[end:]
    )
