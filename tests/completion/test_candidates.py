"""Several answers for one place: which differ, and which comes first."""

from __future__ import annotations

from lsp_server.completion.candidates import best_first, distinct
from lsp_server.completion.excerpt import Excerpt
from tests.cursor import at_cursor


def test_nearly_the_same_is_offered_once() -> None:
    """Other blanks, another end, or one word of many are no choice; the first of them stays."""
    assert distinct(["f(a, b);", "f(a,b)", "f(a, b)\n", "g(a, b)"]) == ("f(a, b);", "g(a, b)")
    long = "return [transform(item, scale=2, offset=1) for item in items if item.visible and item.size > 3]"
    assert distinct([long, long.replace("offset=1", "offset=0"), "return []"]) == (long, "return []")


def test_a_candidate_of_nothing_is_none() -> None:
    """Blanks and full stops are not offered."""
    assert distinct(["", "  \n", ";", "x"]) == ("x",)


def test_what_parses_comes_first() -> None:
    """Among candidates that fit, and among those that do not, the model's order stays."""
    excerpt = Excerpt.around(*at_cursor("x = $0\ny = 2\n"))
    assert best_first(["f(", "1", ")", "f(2)"], excerpt) == ("1", "f(2)", "f(", ")")


def test_without_a_grammar_the_model_s_order_stays() -> None:
    """Nothing can be told, so nothing is changed."""
    excerpt = Excerpt.around(*at_cursor("x = $0\n", "unheard-of"))
    assert best_first(["f(", "1"], excerpt) == ("f(", "1")
