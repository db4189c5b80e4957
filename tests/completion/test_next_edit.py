"""The next edit: what follows from the last edits, as a text before them, a text after them, and the text proposed."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from context.edit_pairs import LineEdit
from context.recent import Recent
from context.syntax import parse
from context.text import Document, Span, TextEdit
from lsp_server.completion.next_edit import Proposal, next_edits
from tests.cursor import at_cursor


def proposals(
    before: str, marked: str, language_id: str = "python", rejected: Collection[str] = ()
) -> tuple[Document, list[Proposal]]:
    """Give the document after an edit and what is proposed at its cursor."""
    after, offset = at_cursor(marked, language_id)
    recent = Recent(lambda: 0.0)
    recent.change(Document.of(after.uri, language_id, 0, before), after)
    edits = recent.edits_in(after.uri)
    return after, next_edits(parse(after), edits, after.line_column(offset)[0], rejected)


def check(before: str, after: str, expected: str, language_id: str = "python") -> Proposal:
    """The first proposal makes the expected text of the one after the edit."""
    document, found = proposals(before, after, language_id)
    assert found, "nothing is proposed"
    assert document.with_edits([found[0].edit], 2).text == expected
    return found[0]


def check_nothing(before: str, after: str, language_id: str = "python") -> None:
    """Nothing is proposed."""
    assert proposals(before, after, language_id)[1] == []


TOTAL = """\
def add(items):
    total = 0
    for item in items:
        total = total + item
    return total


def other(total):
    return total
"""


def test_a_renamed_variable_is_renamed_at_its_next_place() -> None:
    """The first place after the cursor, also where the name is given a value again."""
    after = TOTAL.replace("total = 0", "amount$0 = 0")
    found = check(TOTAL, after, after.replace("$0", "").replace("total = total +", "amount = amount +"))
    assert (found.kind, found.label) == ("rename", "Rename total to amount")


RENAMED = """\
def add(items):
    amount = 0
    for item in items:
        amount = amount + item
    return amount$0


def other(total):
    return total
"""


def test_a_renaming_goes_on_from_the_top() -> None:
    """When nothing is left below the cursor, what is above it comes next."""
    after = RENAMED.replace("amount = 0", "total = 0")
    check(TOTAL, after, RENAMED.replace("$0", ""))


def test_a_finished_renaming_proposes_nothing_in_another_function() -> None:
    """A name belongs to the function in which it is made."""
    check_nothing(TOTAL, RENAMED)


def test_a_renamed_function_is_renamed_where_it_is_called() -> None:
    """Not in a string, not in a comment, and not where a longer name holds it."""
    before = 'def load(path):\n    return path\n\n\n# load it\nprint("load", loader)\nx = load("a")\n'
    after = before.replace("def load", "def read$0")
    check(before, after, after.replace("$0", "").replace("x = load", "x = read"))


def test_a_renamed_member_is_renamed_where_values_are_asked_for_it() -> None:
    """A variable of that name is another thing."""
    before = "class A {\n  size() { return 1 }\n}\nconst size = 2\nconst b = new A().size()\n"
    after = before.replace("  size()", "  count$0()")
    check(before, after, after.replace("$0", "").replace(").size()", ").count()"), "typescript")


def test_a_function_keeps_its_name_when_a_variable_in_it_bears_the_same() -> None:
    """The name of a function belongs to what is around it."""
    before = "def size(a):\n    size = len(a)\n    return size\n"
    after = "def size(a):\n    count$0 = len(a)\n    return count\n"
    check_nothing(before, after)


def test_a_function_with_a_name_of_its_own_is_left_alone() -> None:
    """What a parameter is called there says nothing of the constant here."""
    before = "const refs = find()\nfunction f(refs: A) {\n  return refs\n}\nf(refs)\n"
    after = before.replace("const refs", "const found$0")
    check(before, after, after.replace("$0", "").replace("f(refs)\n", "f(found)\n"), "typescript")


def test_a_line_is_renamed_as_a_whole() -> None:
    """A line that was just edited is left alone, so what is left in it would never be."""
    before = "def f(n):\n    return n * f(n - 1)\n"
    after = "def f(number$0):\n    return n * f(n - 1)\n"
    check(before, after, "def f(number):\n    return number * f(number - 1)\n")


def test_the_key_of_an_argument_keeps_its_name() -> None:
    """`f(items=items)`: the first belongs to what is called."""
    before = "def f(items):\n    return g(items=items)\n"
    after = "def f(rows$0):\n    return g(items=items)\n"
    check(before, after, "def f(rows):\n    return g(items=rows)\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a, b):\n    g(a)\n    return a\n", "def f(a, b):\n    g(b$0)\n    return a\n"),
        ("def f():\n    a = 1\n    b = 2\n    return a\n", "def f():\n    b$0 = 1\n    b = 2\n    return a\n"),
        ("a = 1\nprint(a)\n", "if$0 = 1\nprint(a)\n"),
        ("def f(x):\n    y = x\n    return x\n", "def f(x):\n    y = z$0\n    return x\n"),
    ],
    ids=["another value is used", "the new name stood there", "a keyword", "the old name is still made"],
)
def test_what_is_no_renaming_is_not_continued(before: str, after: str) -> None:
    """One name in place of another is a renaming only when the old one is no more, and the new one was not yet."""
    check_nothing(before, after)


@pytest.mark.parametrize(
    ("language_id", "before"),
    [
        ("go", "package a\n\nfunc f(old int) int {\n\tx := 1\n\treturn old + x\n}\n"),
        ("rust", "fn f(old: i32) -> i32 {\n    let x = 1;\n    old + x\n}\n"),
        ("java", "class A {\n  int f(int old) {\n    int x = 1;\n    return old + x;\n  }\n}\n"),
        ("c", "int f(int old) {\n  int x = 1;\n  return old + x;\n}\n"),
        ("typescript", "function f(old: number) {\n  const x = 1\n  return old + x\n}\n"),
        ("ruby", "def f(old)\n  x = 1\n  old + x\nend\n"),
        ("lua", "local function f(old)\n  local x = 1\n  return old + x\nend\n"),
        ("kotlin", "fun f(old: Int): Int {\n  val x = 1\n  return old + x\n}\n"),
        ("csharp", "class A {\n  int F(int old) {\n    int x = 1;\n    return old + x;\n  }\n}\n"),
    ],
)
def test_every_language_with_references_has_renamings(language_id: str, before: str) -> None:
    """No language is a case of its own."""
    after = before.replace("old", "fresh$0", 1)
    check(before, after, before.replace("old", "fresh"), language_id)


CALLS = "def area(width):\n    return width\n\n\na = area(1)\nb = area(2)\n"


def test_a_new_parameter_is_given_at_the_calls() -> None:
    """By its name, which is what a person has most often at hand."""
    after = CALLS.replace("area(width)", "area(width, height: int$0)")
    found = check(CALLS, after, after.replace("$0", "").replace("area(1)", "area(1, height)"))
    assert (found.kind, found.label) == ("argument", "Add height in the call of area")


def test_a_parameter_with_a_default_asks_nothing_of_the_calls() -> None:
    """They are right as they are."""
    check_nothing(CALLS, CALLS.replace("area(width)", "area(width, height=1$0)"))


def test_a_parameter_that_went_is_taken_from_the_calls() -> None:
    """The one at its place, whatever it is."""
    before = CALLS.replace("(width)", "(depth, width)").replace("area(1)", "area(f(1, 2), 1)")
    after = before.replace("(depth, width)", "(width$0)")
    check(before, after, after.replace("$0", "").replace("area(f(1, 2), 1)", "area(1)"))


def test_the_receiver_is_no_argument() -> None:
    """A method is called without its first parameter."""
    before = "class A:\n    def put(self, key):\n        return key\n\n\nA().put(1)\n"
    after = before.replace("(self, key)", "(self, key, value$0)")
    check(before, after, after.replace("$0", "").replace("put(1)", "put(1, value)"))


def test_an_argument_added_at_one_call_is_added_at_calls_of_the_same_shape() -> None:
    """A call with other arguments is another case."""
    before = 'log("a")\nlog(x, y)\nlog("b")\n'
    after = 'log("a", level$0)\nlog(x, y)\nlog("b")\n'
    check(before, after, 'log("a", level)\nlog(x, y)\nlog("b", level)\n')


def test_a_replacement_made_twice_is_made_a_third_time() -> None:
    """Between the tokens that stood around it both times; a line of another pattern is left alone."""
    before = "a = get(x).one\nb = get(y).one\nc = put(z).one\nd = get(w).one\n"
    after = "a = get(x).all()\nb = get(y).all()$0\nc = put(z).one\nd = get(w).one\n"
    found = check(before, after, "a = get(x).all()\nb = get(y).all()\nc = put(z).all()\nd = get(w).one\n")
    assert found.kind == "repeat"


def test_what_was_inserted_twice_is_not_inserted_where_it_stands() -> None:
    """A line that has it already is done."""
    before = "x: int = field()\ny: int = field()\nz: int = field(init)\nw: int = field()\n"
    after = "x: int = field(init)\ny: int = field(init)$0\nz: int = field(init)\nw: int = field()\n"
    check(before, after, "x: int = field(init)\ny: int = field(init)\nz: int = field(init)\nw: int = field(init)\n")


def test_a_replacement_in_code_is_not_repeated_in_a_comment() -> None:
    """Nor one in a string, unless the edits were there."""
    before = "a = get(x).one\nb = get(y).one\n# get(z).one\n"
    check_nothing(before, before.replace("x).one", "x).all()").replace("y).one", "y).all()$0"))


def test_a_replacement_is_repeated_without_a_grammar() -> None:
    """Plain lines have patterns, too."""
    before = "server 1 on port 80\nserver 2 on port 80\nserver 3 on port 80\n"
    after = "server 1 on port 81\nserver 2 on port 81$0\nserver 3 on port 80\n"
    check(before, after, after.replace("$0", "").replace("80", "81"), "plaintext")


def test_a_refused_proposal_is_not_made_again() -> None:
    """The next place takes its turn, until none is left."""
    after = CALLS.replace("def area", "def surface$0")
    rejected: list[str] = []
    made = []
    while found := proposals(CALLS, after, rejected=rejected)[1]:
        rejected.append(found[0].key)
        made.append(found[0].edit.span.start)
    assert len(made) == len(set(made)) == 2


def test_an_edit_whose_lines_have_changed_since_says_nothing() -> None:
    """What it put there does not stand there any more."""
    document = Document.of("file:///a.py", "python", 1, "new = 1\nprint(old)\n")
    stale = LineEdit(0, ("old = 1\n",), ("newer = 1\n",))
    assert next_edits(parse(document), [stale], 0) == []


LINES = st.lists(
    st.sampled_from(
        [
            "def a(b, c):",
            "    return b",
            "x = a(b, c)",
            "a(b)",
            'print("a", b)',
            "# a b",
            "b = c",
            "",
            "🙂 = a(é, b)",
            ")",
        ]
    ),
    min_size=1,
    max_size=8,
)


@given(LINES, st.data(), st.sampled_from(["python", "typescript", "plaintext"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_whatever_was_edited_a_proposal_applies_and_can_be_undone(
    lines: list[str], data: st.DataObject, language_id: str, eol: str
) -> None:
    """It parses no worse, changes no edited line, is the same when asked again, and its inverse restores the text."""
    before = eol.join(lines)
    old, new = (
        data.draw(st.sampled_from(["a", "b", "c", "(b", "return"])),
        data.draw(st.sampled_from(["z", "é", "(b, z"])),
    )
    after = before.replace(old, new, data.draw(st.integers(1, 4)))
    marked = after + "$0"
    document, found = proposals(before, marked, language_id)
    assert proposals(before, marked, language_id)[1] == found
    for proposal in found:
        edit = proposal.edit
        changed = document.with_edits([edit], 2)
        assert changed.text != document.text
        assert parse(changed).error_count() <= parse(document).error_count()
        line = document.line_column(edit.span.start)[0]
        assert document.lines[line] in Document.of("file:///b", language_id, 0, before).lines
        undo = TextEdit(Span(edit.span.start, edit.span.start + len(edit.new_text)), document.slice(edit.span))
        assert changed.with_edits([undo], 3).text == document.text
