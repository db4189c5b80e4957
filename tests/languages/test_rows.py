"""The table of languages: every name leads to one row, and every row to a grammar with sound queries."""

from __future__ import annotations

from importlib import resources

import pytest

from context.grammars import grammar
from context.languages import LANGUAGES, ROWS, Language, language_id_of
from context.symbols import KINDS

CAPTURES = {
    "definitions": {f"definition.{kind}" for kind in KINDS}
    | {"name", "body", "header", "owner", "container", "local", "documented", "docstring"},
    "imports": {"import", "module", "path", "star", "name", "alias"},
    "references": {"call", "type", "attribute", "name", "defined", "ignored"},
    "scopes": {"scope", "scope.indented", "scope.headed", "scope.section"},
}


def test_ids_suffixes_and_file_names_are_each_of_one_language() -> None:
    """A second row with the same would never be found."""
    for column in (
        [each for row in ROWS for each in (row.id, *row.aliases)],
        [suffix for row in ROWS for suffix in row.suffixes],
        [name for row in ROWS for name in row.names],
    ):
        assert len(column) == len(set(column))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.py", "python"),
        ("/x/y.d.ts", "typescript"),
        ("a.tsx", "typescriptreact"),
        ("a.jsx", "javascript"),
        ("A.HPP", "cpp"),
        ("C:\\x\\Gemfile", "ruby"),
        ("/home/.bashrc", "shellscript"),
        ("Cargo.lock", "toml"),
        ("Makefile", "plaintext"),
        ("a.unknown", "plaintext"),
        ("/dir.py/file", "plaintext"),
        ("", "plaintext"),
    ],
)
def test_a_language_is_told_by_the_name_of_a_file(path: str, expected: str) -> None:
    """The whole name counts first, then the suffix in any case; the folder does not count."""
    assert language_id_of(path) == expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_queries_of_a_language_say_only_what_is_understood(row: Language) -> None:
    """They compile, and each capture means something; one that begins with "_" serves a condition."""
    rules = grammar(row.id)
    assert rules is not None
    assert all(grammar(alias) is rules for alias in row.aliases)
    for part, known in CAPTURES.items():
        query = rules.query(part)  # type: ignore[arg-type]  # the keys are the parts
        names = {query.capture_name(index) for index in range(query.capture_count)}
        assert {name for name in names if not name.startswith("_")} <= known
    assert rules.query("definitions").pattern_count
    assert rules.query("scopes").pattern_count


def test_every_query_file_belongs_to_a_row() -> None:
    """What no row names is never read."""
    files = {path.name for path in resources.files("context.queries").iterdir() if path.name.endswith(".scm")}
    assert files == {f"{row.id}.scm" for row in ROWS}


def test_an_unknown_language_has_no_grammar() -> None:
    """It is plain lines."""
    assert grammar("plaintext") is None
    assert "plaintext" not in LANGUAGES
