"""Each language on its sample: definitions, imports, references, scopes, and texts that are half typed."""

from __future__ import annotations

import pytest

from context.languages import ROWS
from context.symbols import KINDS, Symbol
from context.text import Span, split_lines
from tests.languages import documents, managed, scripts, systems, web
from tests.languages.case import Case, full_name, squeezed, typed, written

CASES = (*scripts.CASES, *web.CASES, *systems.CASES, *managed.CASES, *documents.CASES)

each_language = pytest.mark.parametrize("case", CASES, ids=lambda case: case.language_id)

# So many keys at most complete the scopes of the tables.
MOST_KEYS = 600


def test_every_language_has_a_sample() -> None:
    """A language without one is not known to work."""
    assert {row.id for row in ROWS if row.grammar} == {case.language_id for case in CASES}


@each_language
def test_definitions(case: Case) -> None:
    """Every definition is found in the order of the text, with its kind and what it stands in."""
    symbols = case.syntax().symbols()
    assert [f"{symbol.kind} {full_name(symbol)}" for symbol in symbols] == [
        line.strip() for line in case.symbols.strip().split("\n")
    ]
    assert {symbol.kind for symbol in symbols} <= set(KINDS)


@each_language
def test_descriptions(case: Case) -> None:
    """A definition is described by its header on one line and by the first line of its documentation."""
    symbols = {full_name(symbol): (symbol.signature, symbol.doc) for symbol in reversed(case.syntax().symbols())}
    assert {name: symbols[name] for name in case.described} == case.described


@each_language
def test_the_parts_of_a_definition_fit_together(case: Case) -> None:
    """The header ends where the body begins, and the body lies within the whole."""
    for symbol in case.syntax().symbols():
        check_parts(symbol, len(case.text))


def check_parts(symbol: Symbol, size: int) -> None:
    """Compare the spans of a symbol in a text of this size."""
    places = [0, symbol.span.start, symbol.header.end, symbol.body.end, symbol.span.end, size]
    assert places == sorted(places), symbol
    assert (symbol.header.start, symbol.header.end) == (symbol.span.start, symbol.body.start), symbol


@each_language
def test_a_definition_is_found_from_within(case: Case) -> None:
    """Asked at a place, a language gives the same as when it is asked for everything."""
    syntax = case.syntax()
    symbols = syntax.symbols()
    for offset in range(0, len(case.text), 7):
        around = [symbol for symbol in symbols if symbol.span.start <= offset < symbol.span.end]
        found = [symbol for symbol in syntax.enclosing(offset) if offset < symbol.span.end]
        assert found == around, f"at {case.text[offset : offset + 20]!r}"


@each_language
def test_imports(case: Case) -> None:
    """What is taken over, under which names."""
    assert tuple(map(written, case.syntax().imports())) == case.imports


@each_language
def test_references(case: Case) -> None:
    """The names that a function uses, by their kinds; what it defines is not among them."""
    syntax = case.syntax()
    name, expected = case.uses
    if not name:
        return
    span = next(symbol.span for symbol in syntax.symbols() if full_name(symbol) == name and len(symbol.body))
    references = syntax.references(span)
    assert [reference for reference in syntax.references() if span.contains(reference.span)] == references
    assert all(syntax.document.slice(reference.span) == reference.name for reference in references)
    kinds = dict.fromkeys(expected, "")
    for reference in references:
        if reference.name not in kinds.setdefault(reference.kind, "").split():
            kinds[reference.kind] += f" {reference.name}"
    assert {kind: names.strip() for kind, names in kinds.items()} == expected


@each_language
def test_the_scope_around_a_place(case: Case) -> None:
    """The innermost block counts; outside of all it is the whole text."""
    syntax = case.syntax()
    marked, expected = case.scope
    scope = syntax.scope_at(case.place(marked))
    assert squeezed(syntax.document.slice(scope)) == expected
    assert syntax.scope_at(0).start == 0


@each_language
def test_a_scope_is_closed_when_its_end_is_written(case: Case) -> None:
    """Typed key by key, it is complete with its mark, or with the first sign that a line is not of it; not before."""
    marked, expected = case.closed
    offset = case.place(marked)
    syntax = case.syntax(case.text[:offset])
    for end in range(offset, min(offset + MOST_KEYS, len(case.text))):
        if syntax.is_closed(offset, growing=True):
            break
        syntax = typed(syntax, case.text[end])
    assert squeezed(syntax.document.text[offset:]) == expected
    assert case.syntax().is_closed(offset)


@each_language
def test_half_typed_texts_are_no_trouble(case: Case) -> None:
    """Whatever a text is cut off at, and whichever line is missing, everything can be asked."""
    text = case.text
    lines = split_lines(text)
    for end in range(0, len(text), 11):
        check_answers(case, text[:end], end)
    for number in range(len(lines)):
        check_answers(case, "".join(lines[:number] + lines[number + 1 :]), sum(map(len, lines[:number])))


def check_answers(case: Case, text: str, offset: int) -> None:
    """Ask everything at a place of a text."""
    syntax = case.syntax(text)
    for symbol in (*syntax.symbols(), *syntax.enclosing(offset)):
        check_parts(symbol, len(text))
    near = Span(max(offset - 40, 0), offset)
    spans = [each.span for each in (*syntax.references(), *syntax.references(near))]
    spans += [syntax.scope_at(offset), *(each.span for each in syntax.imports())]
    assert all(Span(0, len(text)).contains(span) for span in spans)
    assert syntax.is_closed(offset) or not syntax.is_closed(offset, growing=True)
