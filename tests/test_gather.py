"""What is gathered around a cursor: whole lines, within the budget, with a beginning that stays put."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from context.budget import Budget, completion_budget, estimate_tokens
from context.gather import ANCHOR_LINES, gather_around, gather_for_completion
from context.text import Document, Position, RangeChange, Span

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


def test_the_shares_leave_room_for_the_answer() -> None:
    """Prompt and answer fit into the window; an unknown window counts as a small one."""
    for window in (0, 512, 4_096, 128_000):
        budget = completion_budget(window, 128, with_suffix=True)
        tokens = (budget.prefix_characters + budget.suffix_characters) / 3
        assert tokens + 128 <= (window or 4_096)
    assert completion_budget(4_096, 128, with_suffix=False).suffix_characters == 0


def test_other_scripts_are_counted_a_token_a_character() -> None:
    """Text that is not ASCII costs more tokens than code."""
    assert estimate_tokens("漢" * 30) > 2 * estimate_tokens("x" * 30)
