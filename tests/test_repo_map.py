"""The repository map: which definitions matter for a question, and how much of them is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from context.focus import Focus
from context.page_rank import page_rank
from context.repo_map import Definition, Graph, Ranked, Use, ranked, repository_map


@dataclass
class Facts:
    """A project as a table: what each file defines, and how often it uses which names."""

    defined: dict[str, list[str]]
    used: dict[str, dict[str, int]]

    def definitions(self) -> Iterable[Definition]:
        for path, names in self.defined.items():
            for line, name in enumerate(names):
                yield Definition(path, name, "class" if name[0].isupper() else "function", f"def {name}()", line)

    def references(self, names: Collection[str]) -> Iterable[Use]:
        for path, counts in self.used.items():
            yield from (Use(path, name, count) for name, count in counts.items() if name in names)


def best(facts: Facts, question: str = "", *opened: str) -> list[str]:
    return [each.definition.name for each in ranked(Graph(facts), Focus(question, frozenset(opened)))]


def words(text: str) -> int:
    return len(text.split())


def test_what_many_files_refer_to_comes_first() -> None:
    """A definition matters as much as those that use it."""
    facts = Facts(
        {"a.py": ["read_file"], "b.py": ["write_file"], "c.py": ["open_door"]},
        {"b.py": {"read_file": 1}, "c.py": {"read_file": 1, "write_file": 1}},
    )
    assert best(facts) == ["read_file", "write_file", "open_door"]


def test_the_question_decides_between_equals() -> None:
    """Files whose path or names the question speaks of come first, in any form of the words."""
    facts = Facts({"door/a.py": ["open_it"], "cache/b.py": ["look_up"], "c.py": ["sweep_floor"]}, {})
    assert best(facts, "How is it cached?")[0] == "look_up"
    assert best(facts, "Who sweeps?")[0] == "sweep_floor"
    assert best(facts, "What does c.py do?")[0] == "sweep_floor"
    assert best(facts, "What does open_it do?")[0] == "open_it"


def test_what_open_files_use_comes_before_what_others_use() -> None:
    """A walk begins where the person is."""
    facts = Facts(
        {"a.py": ["first_helper"], "b.py": ["second_helper"], "x.py": [], "y.py": []},
        {"x.py": {"first_helper": 1}, "y.py": {"second_helper": 1}},
    )
    assert best(facts, "", "x.py")[0] == "first_helper"
    assert best(facts, "", "y.py")[0] == "second_helper"


def test_a_telling_name_weighs_more_than_a_word() -> None:
    """Any variable may be called `value`: that is no reference to a function of that name elsewhere."""
    facts = Facts({"a.py": ["value"], "b.py": ["parse_header"]}, {"c.py": {"value": 50, "parse_header": 1}})
    assert best(facts) == ["parse_header", "value"]


def test_a_file_means_its_own_definition() -> None:
    """A name that a file defines itself is no reference to another file."""
    facts = Facts(
        {"a.py": ["run_all"], "b.py": ["run_all", "run_one"], "c.py": ["use_it"]},
        {"b.py": {"run_all": 9}, "a.py": {"run_one": 1}},
    )
    names = best(facts)
    assert names.index("run_one") < names.index("run_all")


def test_languages_do_not_refer_to_each_other_by_chance() -> None:
    """A Python call is no use of a Go function."""
    facts = Facts({"a.go": ["parse_header"], "b.py": ["parse_body"]}, {"c.py": {"parse_header": 5, "parse_body": 1}})
    assert best(facts)[0] == "parse_body"


def test_tests_matter_only_when_they_are_meant() -> None:
    """Test files use everything, and seldom answer a question."""
    facts = Facts({"tests/test_a.py": ["fake_door"], "src/a.py": ["real_door"]}, {})
    assert best(facts, "Where is the door?")[0] == "real_door"
    assert best(facts, "Which test fakes the door?")[0] == "fake_door"


def listed(*definitions: tuple[str, int, str, str]) -> list[Ranked]:
    return [
        Ranked(Definition(path, name, "function", f"def {name}():", line, container), 1 / (place + 1))
        for place, (path, line, container, name) in enumerate(definitions)
    ]


def test_a_map_is_grouped_by_file_in_the_order_of_paths_and_lines() -> None:
    """The order does not depend on the ranks, so that two maps begin alike and a prompt cache holds."""
    found = listed(("b.py", 4, "", "late"), ("a.py", 9, "", "two"), ("a.py", 0, "", "one"))
    assert repository_map(found, 100, words) == ("a.py:\n  1: def one()\n  10: def two()\nb.py:\n  5: def late()\n")


def test_a_member_is_shown_in_what_holds_it() -> None:
    """A method without its class would be any method; the class counts against the budget, too."""
    found = listed(("a.py", 5, "Cache.Entry", "get"), ("a.py", 0, "", "Cache"), ("a.py", 2, "Cache", "Entry"))
    expected = "a.py:\n  1: def Cache()\n    3: def Entry()\n      6: def get()\n"
    assert repository_map(found[:1] + found[1:], 10, words) == expected
    assert repository_map(found, 9, words) == ""


def test_the_best_are_kept_when_room_is_short() -> None:
    """What matters least is left out first, whole."""
    found = listed(("b.py", 4, "", "best"), ("a.py", 0, "", "good"), ("c.py", 0, "", "poor"))
    assert repository_map(found, 8, words) == "a.py:\n  1: def good()\nb.py:\n  5: def best()\n"
    assert repository_map(found, 4, words) == "b.py:\n  5: def best()\n"


NAMES = st.sampled_from(["read_file", "value", "Cache", "run", "_private_one", "parse_header"])
PATHS = st.sampled_from(["a.py", "b.py", "tests/c.py", "d.go"])


@given(
    st.dictionaries(PATHS, st.lists(NAMES, max_size=4)),
    st.dictionaries(PATHS, st.dictionaries(NAMES, st.integers(1, 99))),
    st.text(max_size=40),
    st.integers(-1, 60),
)
def test_any_project_gives_a_map_within_its_budget(
    defined: dict[str, list[str]], used: dict[str, dict[str, int]], question: str, room: int
) -> None:
    """Whatever is defined and used, every definition is ranked once and the same way, and the room is kept."""
    found = ranked(Graph(Facts(defined, used)), Focus(question, frozenset({"a.py"})))
    assert len(found) == sum(map(len, defined.values()))
    assert all(each.score >= 0 for each in found)
    assert found == ranked(Graph(Facts(defined, used)), Focus(question, frozenset({"a.py"})))
    text = repository_map(found, room, words)
    assert not text or words(text) <= room


@pytest.mark.parametrize(
    ("edges", "start", "expected"),
    [
        ({}, {}, {}),
        ({}, {"a": 0.0, "b": 0.0}, {"a": 0.5, "b": 0.5}),
        ({"a": {"b": 1.0}, "b": {"a": 1.0}}, {"a": 1.0, "b": 1.0}, {"a": 0.5, "b": 0.5}),
        # From a to b always, and from b back to the beginning at a: r(b) = 0.85 r(a), and both are 1.
        ({"a": {"b": 2.0}}, {"a": 1.0, "b": 0.0}, {"a": 1 / 1.85, "b": 0.85 / 1.85}),
    ],
)
def test_ranks_are_those_of_the_random_walk(
    edges: dict[str, dict[str, float]], start: dict[str, float], expected: dict[str, float]
) -> None:
    """Small graphs whose ranks can be worked out by hand."""
    assert page_rank(edges, start) == pytest.approx(expected, abs=1e-5)
