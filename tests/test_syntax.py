"""Syntax: definitions, docstrings, errors, and a kept tree that equals a fresh one after any change."""

from __future__ import annotations

import gc
import weakref

from hypothesis import given, settings
from hypothesis import strategies as st

from context.syntax import Syntax, parse
from context.text import Document, Position, RangeChange
from tests.cursor import at_cursor

CLASS = '''\
import os


class Shape:
    """A shape."""

    @property
    def area(self) -> float:
        # not yet
        """Give the area."""

        def half() -> float:
            return 1.0 / 2

        return half()

    async def draw(self, *, colour="red"): return colour
'''


def syntax_of(text: str) -> Syntax:
    """Parse a Python text."""
    return parse(Document.of("file:///a.py", "python", 1, text))


def check_symbol(marked: str, expected: str) -> None:
    """Compare the innermost symbol at the `$0` mark, written as `kind container.name`."""
    document, offset = at_cursor(marked)
    symbol = parse(document).symbol_at(offset)
    assert (f"{symbol.kind} {symbol.container}.{symbol.name}".replace(" .", " ") if symbol else "") == expected


def test_the_innermost_definition_around_the_cursor_is_found() -> None:
    """Between nested definitions the smallest one counts; outside of all there is none."""
    check_symbol(CLASS.replace("return 1.0", "return $01.0"), "function Shape.area.half")
    check_symbol(CLASS.replace("return half", "return $0half"), "function Shape.area")
    check_symbol(CLASS.replace("return colour", "return col$0our"), "function Shape.draw")
    check_symbol(CLASS.replace("A shape", "A $0shape"), "class Shape")
    check_symbol(CLASS.replace("import", "imp$0ort"), "")


def test_symbols_come_in_the_order_of_the_text_with_their_parts() -> None:
    """Each symbol knows its header, body and docstring."""
    syntax = syntax_of(CLASS)
    symbols = syntax.symbols()
    assert [symbol.name for symbol in symbols] == ["Shape", "area", "half", "draw"]
    area = symbols[1]
    assert syntax.document.slice(area.header).startswith("def area(self) -> float:")
    assert area.docstring is not None
    assert syntax.document.slice(area.docstring) == '"""Give the area."""'
    assert symbols[2].docstring is None
    assert syntax.document.slice(symbols[3].body) == "return colour"


def test_a_docstring_is_found_from_anywhere_in_its_function() -> None:
    """The docstring belongs to the symbol, wherever in it the cursor stands."""
    document, offset = at_cursor('def f():\n    "Doc."\n    x = 1\n    return x$0\n')
    symbol = parse(document).symbol_at(offset)
    assert symbol is not None
    assert symbol.docstring is not None
    assert document.slice(symbol.docstring) == '"Doc."'


def test_errors_are_counted() -> None:
    """A text that parses has none; each place that does not is one."""
    assert syntax_of("x = 1\n").error_count() == 0
    assert syntax_of("def f(:\n    pass\n").error_count() >= 1


def test_leaves_give_every_token_but_those_skipped() -> None:
    """Comments are tokens too; what lies in the skipped span is left out."""
    syntax = syntax_of('def f():\n    "Doc."\n    return 1  # one\n')
    symbol = syntax.symbols()[0]
    assert [text for _, text in syntax.leaves(symbol.docstring)] == ["def", "f", "(", ")", ":", "return", "1", "# one"]


def test_a_language_without_a_grammar_has_no_symbols() -> None:
    """Plain lines have no syntax, and that is no error."""
    syntax = parse(Document.of("file:///a.txt", "plaintext", 1, "def f(): pass"))
    assert syntax.symbols() == []
    assert syntax.symbol_at(3) is None
    assert syntax.error_count() == 0
    assert list(syntax.leaves()) == []


def test_places_count_characters_and_not_bytes() -> None:
    """Astral characters, lone line feeds and lone carriage returns do not move a symbol."""
    for end in ("\n", "\r\n", "\r"):
        text = f"s = '🙂é'{end}def f():{end}    return '🙂'{end}def g():{end}    return 2{end}"
        syntax = syntax_of(text)
        functions = [symbol for symbol in syntax.symbols() if symbol.kind == "function"]
        assert [syntax.document.slice(symbol.span) for symbol in functions] == [
            f"def f():{end}    return '🙂'",
            f"def g():{end}    return 2",
        ]


def test_a_tree_is_freed_with_its_document() -> None:
    """A key makes a new tree; the old one must not stay, or a day of typing fills the memory."""
    document = Document.of("file:///a.py", "python", 1, CLASS)
    syntax = parse(document)
    syntax.settle()
    gone = weakref.ref(syntax)
    at = Position(0, 0)
    syntax = syntax.after(document.with_change(RangeChange(at, at, "x"), "utf-16", 2))
    syntax.settle()
    gc.collect()
    assert gone() is None


PIECES = st.sampled_from(
    ["x", "\n", "    ", "def g():\n", '"', "(", ")", "🙂", "\r\n", "\r", "# c\n", ":", "\f", "é", ""]
)


@settings(max_examples=200)
@given(st.data())
def test_a_kept_tree_equals_a_fresh_one_after_any_changes(data: st.DataObject) -> None:
    """However often the text changes between two parses, the incremental tree is the tree of the text."""
    document = Document.of("file:///a.py", "python", 1, data.draw(st.sampled_from([CLASS, "x = 1\n", ""])))
    syntax = parse(document)
    for version in range(2, 8):
        last = len(document.lines) - 1
        first = data.draw(st.integers(0, last))
        start = Position(first, data.draw(st.integers(0, 12)))
        end = max(start, Position(data.draw(st.integers(first, min(first + 2, last))), data.draw(st.integers(0, 12))))
        new_text = "".join(data.draw(st.lists(PIECES, max_size=4)))
        document = document.with_change(RangeChange(start, end, new_text), "utf-16", version)
        syntax = syntax.after(document)
        if data.draw(st.booleans()):
            check_same_as_fresh(syntax)
    check_same_as_fresh(syntax)


def check_same_as_fresh(syntax: Syntax) -> None:
    """Compare tokens and symbols with those of a parse from scratch."""
    fresh = parse(syntax.document)
    assert list(syntax.leaves()) == list(fresh.leaves())
    assert syntax.symbols() == fresh.symbols()
