"""Docstrings: where they go, what they look like, and that nothing else changes."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from context.syntax import Symbol, Syntax, parse
from context.text import Document, TextEdit
from lsp_server.docstring import check, cleaned, place
from lsp_server.errors import EditRefused
from tests.cursor import at_cursor


def target(marked: str) -> tuple[Syntax, Symbol]:
    document, offset = at_cursor(marked)
    syntax = parse(document)
    symbol = syntax.symbol_at(offset)
    assert symbol is not None
    return syntax, symbol


def after(syntax: Syntax, edit: TextEdit) -> Syntax:
    return parse(syntax.document.with_edits([edit], 2))


def documented(marked: str, text: str) -> str:
    """Give the source after a docstring was placed at `$0`, and checked."""
    syntax, symbol = target(marked)
    changed = after(syntax, place(syntax, symbol, text))
    check(syntax, changed, symbol)
    return changed.document.text


PLACES = [
    pytest.param("def f():\n    $0return 1\n", 'def f():\n    """Doc."""\n    return 1\n', id="function"),
    pytest.param("def f():\r\n\treturn $01\r\n", 'def f():\r\n\t"""Doc."""\r\n\treturn 1\r\n', id="tabs and CRLF"),
    pytest.param("def f():\r  return $01\r", 'def f():\r  """Doc."""\r  return 1\r', id="CR alone"),
    pytest.param("def f():\n  pass$0", 'def f():\n  """Doc."""\n  pass', id="no line end at the end"),
    pytest.param(
        "@cache\nasync def f(\n    a: int,  # what: this\n) -> int:  # note: x\n    $0await a\n",
        '@cache\nasync def f(\n    a: int,  # what: this\n) -> int:  # note: x\n    """Doc."""\n    await a\n',
        id="decorated async function with a long header",
    ),
    pytest.param(
        'def f(a=":#"):\n    $0return 1\n', 'def f(a=":#"):\n    """Doc."""\n    return 1\n', id="colon in a string"
    ),
    pytest.param(
        "def f():\n    # Why.\n\n    return $01\n",
        'def f():\n    """Doc."""\n    # Why.\n\n    return 1\n',
        id="comment before the body",
    ),
    pytest.param(
        "def f():\n\n    return $01\n",
        'def f():\n    """Doc."""\n\n    return 1\n',
        id="empty line first",
    ),
    pytest.param(
        "class A:\n    x = $01\n",
        'class A:\n    """Doc."""\n\n    x = 1\n',
        id="class",
    ),
    pytest.param("class A:\n\n    x = $01\n", 'class A:\n    """Doc."""\n\n    x = 1\n', id="spaced class"),
    pytest.param(
        "class A:\n  def f(self):\n    def g():\n      $0return 1\n    return g\n",
        'class A:\n  def f(self):\n    def g():\n      """Doc."""\n      return 1\n    return g\n',
        id="nested function",
    ),
    pytest.param(
        "x = [\n\t1]\ndef f(): $0return 1  # one\n",
        'x = [\n\t1]\ndef f():\n\t"""Doc."""\n\treturn 1  # one\n',
        id="body on the header's line",
    ),
    pytest.param(
        "class E(Exception): pass$0\n", 'class E(Exception):\n    """Doc."""\n\n    pass\n', id="class in line"
    ),
    pytest.param(
        "class A:\n  def f(self) -> int: ...$0\n",
        'class A:\n  def f(self) -> int:\n    """Doc."""\n    ...\n',
        id="stub",
    ),
    pytest.param(
        "def f():\n    '''Old.\n\n    Text.'''  # kept\n    return $01\n",
        'def f():\n    """Doc."""  # kept\n    return 1\n',
        id="older docstring",
    ),
    pytest.param("def f(): 'Old.'; return $01\n", 'def f(): """Doc."""; return 1\n', id="older, in a line"),
    pytest.param("def f():\n    r'Old.'$0\n", 'def f():\n    """Doc."""\n', id="nothing but a docstring"),
]


@pytest.mark.parametrize(("before", "expected"), PLACES)
def test_a_docstring_goes_directly_under_the_header(before: str, expected: str) -> None:
    """With the body's indentation and the file's line ends, whatever the code around it looks like."""
    assert documented(before, "Doc.") == expected


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        pytest.param("Doc.", '"""Doc."""', id="one line"),
        pytest.param("Doc.\n\nMore.", '"""Doc.\n\n    More.\n    """', id="several lines"),
        pytest.param(
            "  Doc.  \n\n      Args:\n        a: one\n\n", '"""Doc.\n\n    Args:\n      a: one\n    """', id="indented"
        ),
        pytest.param('Say "hi"', '"""Say "hi\\""""', id="quote at the end"),
        pytest.param('Use """ or """".', '"""Use \\"\\"\\" or \\"\\"\\"\\"."""', id="triple quotes"),
        pytest.param("Match \\d, not \\", '"""Match \\\\d, not \\\\"""', id="backslashes"),
        pytest.param("Grüße, 世界 👩‍👧.", '"""Grüße, 世界 👩‍👧."""', id="any script"),
        pytest.param("A\tb\x0bc\x00\x1b[0m \u202ed\ufeff\ud800", '"""A       b\n    c[0m d\n    """', id="unprintable"),
    ],
)
def test_a_docstring_has_the_shape_of_pep_257(text: str, literal: str) -> None:
    """The literal means the text, is safe, and reads well."""
    assert documented("def f():\n    $0return 1\n", text) == f"def f():\n    {literal}\n    return 1\n"


FUNCTIONS = [
    "def f(a, b=':'):\n    $0return a\n",
    "class A:\r\n\tdef f(self):\r\n\t\treturn $0self\r\n\r\n\tx = 1\r\n",
    "@re.x\nasync def f(\n    a: 'str' = '#',\n) -> None:  # why: x\n    # Because.\n    async with a: $0pass\n",
    "def f(): $0return '\\\\'\n",
    "def f():\n  'Old \\'text\\'.'\n  $0return 1",
    "class B(object): $0...\nx = 1\n",
]
texts = st.text(
    st.one_of(st.characters(), st.sampled_from("\"'\\\n\r\t #:\x00\x0c\x85\u2028\u202e\ud83d")), max_size=80
)


@settings(deadline=None)  # a shared machine may stop for a moment
@given(text=texts, marked=st.sampled_from(FUNCTIONS))
@example(text='"""', marked=FUNCTIONS[0])
@example(text="\n a\n   b\n  c", marked=FUNCTIONS[1])
@example(text="\\", marked=FUNCTIONS[2])
def test_no_text_can_break_the_code(text: str, marked: str) -> None:
    """Whatever a model writes, the program stays the same, and Python reads the cleaned text back."""
    if not cleaned(text):
        with pytest.raises(EditRefused, match="no text"):
            documented(marked, text)
        return
    source = documented(marked, text)
    docstrings = [
        ast.get_docstring(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    assert cleaned(text) in docstrings
    assert source.count("\r\n") == (source.count("\n") if "\r\n" in marked else 0)


@settings(deadline=None)
@given(texts)
def test_a_cleaned_text_is_clean(text: str) -> None:
    """Cleaning twice is cleaning once."""
    assert cleaned(cleaned(text)) == cleaned(text)


def test_a_broken_file_can_be_documented() -> None:
    """A file in the middle of a change need not parse, if it parses no worse with the docstring."""
    assert documented("def f():\n    $0return 1\n\nx = (\n", "Doc.").startswith('def f():\n    """Doc."""\n')


@pytest.mark.parametrize(
    "marked",
    [
        pytest.param("def f():\n    b'bytes'\n    $0return 1\n", id="bytes are no docstring"),
        pytest.param("def f(a):\n    f'{a}'\n    $0return 1\n", id="a formatted string is no docstring"),
    ],
)
def test_a_string_that_runs_is_not_replaced(marked: str) -> None:
    """What only looks like a docstring is code."""
    with pytest.raises(EditRefused, match="change the code around it"):
        documented(marked, "Doc.")


def test_a_body_behind_a_continued_header_is_left_alone() -> None:
    """There is no line for a docstring, and the person is told."""
    with pytest.raises(EditRefused, match="begin its body on a line of its own"):
        documented("def f(): \\\n  return $01\n", "Doc.")


def refused(marked: str, changed: str) -> str:
    """Give why a change from one source to another does not pass for a docstring of the symbol at `$0`."""
    syntax, symbol = target(marked)
    with pytest.raises(EditRefused) as refusal:
        check(syntax, parse(Document.of(syntax.document.uri, "python", 2, dedent(changed))), symbol)
    return str(refusal.value)


SOURCE = "def f():\n    $0return 1\n\ny = 2\n"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param('def f():\n    """Doc."""\n    return 2\n\ny = 2\n', "change the code", id="a changed token"),
        pytest.param('def f():\n    """Doc."""\n    return 1\n\ny = 2  # new\n', "change the code", id="a new comment"),
        pytest.param('def f():\n    """Doc."""\n    return 1\n\n    y = 2\n', "change the code", id="indentation"),
        pytest.param('def f():\n    """Doc."""\n    return 1)\n\ny = 2\n', "no longer parse", id="a syntax error"),
        pytest.param("def f():\n    return 1\n\ny = 2\n", "not be read as one", id="no docstring"),
        pytest.param('def g():\n    """Doc."""\n    return 1\n\ny = 2\n', "not be read as one", id="another name"),
        pytest.param("", "not be read as one", id="nothing left"),
    ],
)
def test_a_change_of_anything_else_is_refused(changed: str, reason: str) -> None:
    """The check does not trust the placing: a comment, a token or an indentation more is one too many."""
    assert reason in refused(SOURCE, changed)


def test_programs_are_compared_by_pythons_own_parser() -> None:
    """A statement moved out of its block keeps every token, and is another program."""
    marked = "def f():\n    $0if x:\n        a()\n        b()\n"
    assert "change the code" in refused(marked, 'def f():\n    """Doc."""\n    if x:\n        a()\n    b()\n')


def test_odd_escapes_in_the_code_are_its_authors_business() -> None:
    """Python's warning about an escape in the code is no error of ours, and does not switch the comparison off."""
    assert documented("def f():\n    $0return '\\d'\n", "Doc.") == 'def f():\n    """Doc."""\n    return \'\\d\'\n'
    marked = "def f():\n    $0if x:\n        a('\\d')\n        b()\n"
    moved = 'def f():\n    """Doc."""\n    if x:\n        a(\'\\d\')\n    b()\n'
    assert "change the code" in refused(marked, moved)
