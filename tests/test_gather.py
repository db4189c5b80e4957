"""What is gathered around a cursor: whole lines, within the budget, with a beginning that stays put."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from context.budget import Budget, Shares, estimate_tokens, prompt_characters
from context.gather import (
    ANCHOR_LINES,
    Surroundings,
    gather_around,
    gather_for_completion,
    gather_snippets,
    imports_of,
    plan,
    text_around,
    verbatim_snippets,
)
from context.index_project import IndexedProject
from context.recent import Recent
from context.retrieve import Query, Retrieval
from context.snippet import Snippet
from context.text import Document, Position, RangeChange, Span
from tests.cursor import at_cursor
from tests.indexed import project_of

FILE = "".join(f"value_{i} = compute({i})\n" for i in range(1000))


def document(text: str) -> Document:
    """Give a Python document."""
    return Document.of("file:///a.py", "python", 1, text)


@given(st.integers(0, len(FILE)), st.integers(0, 2000), st.integers(0, 2000))
def test_the_window_is_text_of_the_file_within_the_budget(offset: int, before: int, after: int) -> None:
    """Prefix and suffix meet at the cursor and never exceed their shares."""
    context = gather_for_completion(document(FILE), offset, Budget(before, after))
    assert FILE[:offset].endswith(context.prefix)
    assert FILE[offset:].startswith(context.suffix)
    assert len(context.prefix) <= before
    assert len(context.suffix) <= after


def test_the_beginning_of_the_prefix_stays_put_while_a_person_types() -> None:
    """Typing twelve lines moves the beginning of the window at most once."""
    subject = document(FILE)
    starts = []
    for version in range(2, 242):
        line, column = divmod(version - 2, 20)
        at = Position(500 + line, column)
        subject = subject.with_change(RangeChange(at, at, "\n" if column == 19 else "x"), "utf-16", version)
        offset = subject.offset(Position(500 + line, column), "utf-16") + 1
        context = gather_for_completion(subject, offset, Budget(1500, 0))
        starts.append(subject.text[:offset].rindex(context.prefix))
    assert len(set(starts)) <= 2
    assert all(subject.line_column(start)[0] % ANCHOR_LINES == 0 for start in starts)


def test_a_line_longer_than_the_budget_is_cut_and_its_beginning_stays_put() -> None:
    """In a file of one endless line the window moves in steps, not with every key."""
    line = "x" * 50_000
    starts = {
        len(line[:offset]) - len(gather_for_completion(document(line), offset, Budget(4000, 0)).prefix)
        for offset in range(30_000, 30_200)
    }
    assert len(starts) <= 2


def test_lines_around_a_span_are_whole_and_taken_from_both_sides() -> None:
    """What surrounds a selection is shown evenly."""
    subject = document("a\nb\nc\nd\ne\nf\ng\n")
    assert subject.slice(gather_around(subject, Span(6, 7), 6)) == "c\nd\ne\n"
    assert subject.slice(gather_around(subject, Span(6, 7), 0)) == "d\n"
    assert subject.slice(gather_around(subject, Span(0, 1), 100)) == subject.text


def test_a_prompt_leaves_room_for_the_answer() -> None:
    """Prompt and answer fit into the window; an unknown window counts as a small one."""
    for window in (0, 512, 4_096, 128_000):
        assert prompt_characters(window, 128, 3.0) / 3 + 128 <= (window or 4_096)


def test_a_prompt_is_shared_out_by_what_the_document_has() -> None:
    """35 before, 15 after and 50 for what is gathered; without a suffix, and in a short file, more for the others."""
    middle = len(FILE) // 2
    assert plan(document(FILE), middle, 4_000, with_suffix=True) == Shares(1400, 600, 1400, 600)
    assert plan(document(FILE), middle, 4_000, with_suffix=False).suffix == 0
    short = plan(document("x = 1\n"), 3, 8_000, with_suffix=True)
    assert short.stable + short.volatile >= 8_000 - 2 * 1_024 - 8


def test_typing_a_line_does_not_move_the_shares() -> None:
    """What is gathered for a place keeps its room from key to key, but for a step every thousand characters."""
    shares = {plan(document("x" * size), size, 6_000, with_suffix=True) for size in range(1_100, 1_500)}
    assert len(shares) == 1


@given(st.integers(0, len(FILE)), st.integers(100, 9_000))
def test_what_is_left_goes_to_the_text_around_the_cursor(offset: int, characters: int) -> None:
    """Never more than that, and the prefix gets the larger part."""
    context = text_around(document(FILE), offset, characters, with_suffix=True)
    assert len(context.prefix) + len(context.suffix) <= characters
    assert text_around(document(FILE), offset, characters, with_suffix=False).suffix == ""


def test_imports_are_read_from_the_beginning_of_a_file() -> None:
    """However long the file is."""
    subject = document("import os\nfrom a.b import c\n" + FILE * 10)
    assert [each.module for each in imports_of(subject)] == ["os", "a.b"]


def test_other_scripts_are_counted_a_token_a_character() -> None:
    """Text that is not ASCII costs more tokens than code."""
    assert estimate_tokens("漢" * 30) > 2 * estimate_tokens("x" * 30)


HELPERS = (
    "class Store:\n    def flush(self, timeout):\n        pass\n\n\ndef work(store):\n    store.flush(timeout=3)\n"
)
CALLER = "from helpers import Store\n\n\ndef main(store):\n    store.$0\n" + "\n" * 40


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedProject]:
    """Give an indexed project of one file."""
    with project_of(tmp_path_factory.mktemp("gather"), {"helpers.py": HELPERS}) as indexed:
        yield indexed


def edited() -> Recent:
    """Give a ring with one edit of another file."""
    recent = Recent(lambda: 0.0)
    before, after = (Document.of("file:///project/c.py", "python", 1, text) for text in ("old()\n", "new()\n"))
    recent.change(before, after)
    return recent


def gathered(
    project: IndexedProject,
    subject: Document,
    offset: int,
    window: Span,
    characters: int,
    late: Callable[[], bool] = lambda: False,
) -> list[Snippet]:
    """Give the snippets for a place."""
    around = Surroundings(project, edited())
    return gather_snippets(subject, offset, window, imports_of(subject), around, characters, late)


def sources(snippets: list[Snippet]) -> list[str]:
    """Give the sources of snippets, each once, in their order."""
    return list(dict.fromkeys(snippet.source for snippet in snippets))


def test_what_stays_put_longest_comes_first(project: IndexedProject) -> None:
    """A prompt begins with what the next one will begin with too; the last edits stand nearest the cursor."""
    subject, offset = at_cursor(CALLER)
    snippets = gathered(project, subject, offset, Span(0, len(subject.text)), 4_000)
    assert sources(snippets) == ["usage", "definition", "similar", "recent edit"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 700))
def test_snippets_keep_to_the_budget(project: IndexedProject, characters: int) -> None:
    """However little room there is, it is not exceeded."""
    subject, offset = at_cursor(CALLER)
    snippets = gathered(project, subject, offset, Span(0, 10), characters)
    assert sum(len(snippet.text) for snippet in snippets) <= characters


def test_the_outline_of_a_file_that_is_longer_than_its_window_is_shown(project: IndexedProject) -> None:
    """What the window shows anyway is not in it."""
    subject = document("".join(f"def function_{i}(a, b):\n    pass\n" for i in range(200)))
    offset = subject.line_start(200)
    window = Span(subject.line_start(190), subject.line_start(210))
    snippets = gathered(project, subject, offset, window, 3_000)
    (outline,) = [snippet for snippet in snippets if snippet.source == "outline"]
    assert "def function_94(a, b)\n" in outline.text
    assert "function_100" not in outline.text
    everything = Span(0, len(subject.text))
    snippets = gathered(project, subject, offset, everything, 3_000)
    assert "outline" not in sources(snippets)


def test_past_the_deadline_nothing_more_is_made(project: IndexedProject) -> None:
    """The edits are at hand anyway; nothing else is waited for."""
    subject, offset = at_cursor(CALLER)
    snippets = gathered(project, subject, offset, Span(0, len(subject.text)), 4_000, lambda: True)
    assert sources(snippets) == ["recent edit"]


def verbatim(project: IndexedProject, text: str, characters: int) -> list[Snippet]:
    """Give the snippets that a small model gets for the cursor `$0`."""
    subject, offset = at_cursor(text)
    retrieval = Retrieval(Query.at(subject, offset), project, (), ())
    return list(verbatim_snippets(retrieval, project, characters, lambda: False))


def test_for_a_small_model_lines_that_begin_like_the_current_one_are_given(project: IndexedProject) -> None:
    """Each below two of those above it, the likeliest last, next to the text before the cursor."""
    subject = CALLER.replace("main(store):\n    store.$0", "work(store):\n    store$0")
    snippets = verbatim(project, subject, 4_000)
    assert snippets[-1].text == "def work(store):\n    store.flush(timeout=3)\n"
    assert [snippet.score for snippet in snippets] == sorted(snippet.score for snippet in snippets)
    assert verbatim(project, subject, 20) == []


def test_lines_that_stand_just_above_are_not_given_again(project: IndexedProject) -> None:
    """A small model reads them anyway, and has little room."""
    near, far = "other(1)\n", "\n" * 40
    assert [each.text for each in verbatim(project, f"{near}{far}other$0\n", 900)] == ["other(1)\n"]
    assert "other(1)\n" not in [each.text for each in verbatim(project, f"{near}other$0\n", 900)]


def test_for_a_small_model_code_is_given_as_it_stands(project: IndexedProject) -> None:
    """Where no line begins like the current one: with indentation and brackets; definitions take what is left."""
    caller = CALLER.replace("store.$0", "$0")
    code = HELPERS.replace("\n\n\n", "\n")
    assert sources(verbatim(project, caller, 4_000)) == ["definition", "similar"]
    assert verbatim(project, caller, 4_000)[-1].text == code
    assert [snippet.text for snippet in verbatim(project, caller, len(code))] == [code]
    assert verbatim(project, caller, 20) == []
