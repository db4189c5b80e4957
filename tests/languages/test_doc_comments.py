"""The first line of what a person wrote about a definition."""

from __future__ import annotations

import pytest

from context.syntax import parse
from context.text import Document


@pytest.mark.parametrize(
    ("language_id", "text", "expected"),
    [
        ("python", '"""Module."""\ndef f():\n    """Doc.\n\n    More."""', "Doc."),
        ("python", 'def f():\n    """\n    Doc.\n    """', "Doc."),
        ("python", "def f():\n    r'Doc.'", "Doc."),
        ("python", "# Doc.\n# More.\n@a\n@b(1)\ndef f(): ...", "Doc."),
        ("python", "# Far away.\n\ndef f(): ...", ""),
        ("python", "x = 1  # Of x.\ndef f(): ...", ""),
        ("javascript", "/**\n * Doc.\n * @param {string} a\n */\nexport function f(a) {}", "Doc."),
        ("javascript", "// Doc.\nconst f = () => {};", "Doc."),
        ("javascript", "x(); /* Of x. */\nfunction f() {}", ""),
        ("javascript", "/* Doc. */ function f() {}", ""),
        ("typescript", "/** Doc. */\n@decorated({ a: 1 })\nexport class f {}", "Doc."),
        ("rust", "/// Doc.\n#[derive(Debug)]\n#[must_use]\npub fn f() {}", "Doc."),
        ("rust", "/** Doc. */\nfn f() {}", "Doc."),
        ("go", "// f is documented.\nfunc f() {}", "f is documented."),
        ("java", "/**\n * Doc.\n */\n@Override\nclass f {}", "Doc."),
        ("csharp", "/// <summary>\n/// Doc.\n/// </summary>\n[Serializable]\nclass f { }", "Doc."),
        ("csharp", "/// <summary>Doc.</summary>\nclass f { }", "Doc."),
        ("cpp", "/// Doc.\ntemplate <typename T>\nvoid f(T t) {}", "Doc."),
        ("lua", "--- Doc.\n-- @param a\nfunction f(a) end", "Doc."),
        ("lua", "--[[ Doc.\nMore. ]]\nfunction f(a) end", "Doc."),
        ("ruby", "# Doc.\ndef f; end", "Doc."),
        ("php", "<?php\n/**\n * Doc.\n */\n#[A]\nfunction f() {}", "Doc."),
        ("shellscript", "#!/bin/sh\n# Doc.\nf() { x; }", "Doc."),
        ("toml", "[a]\n# Doc.\nf = 1", "Doc."),
        ("html", "<!-- Doc. -->\n<p id='f'></p>", "Doc."),
        ("css", "/* Doc. */\nf { a: b }", "Doc."),
    ],
)
def test_a_definition_is_documented_in_it_or_directly_above(language_id: str, text: str, expected: str) -> None:
    """Decorators and attributes may stand between; marks, quotes and mark-up are taken away."""
    symbols = parse(Document.of("file:///a", language_id, 1, text)).symbols()
    assert next(symbol.doc for symbol in symbols if symbol.name == "f") == expected


def test_a_comment_is_about_the_first_definition_below_it() -> None:
    """Not about what stands in the same line, or in the next, but within."""
    symbols = parse(Document.of("file:///a", "kotlin", 1, "// Doc.\nclass A(val b: Int)")).symbols()
    assert [(symbol.name, symbol.doc) for symbol in symbols] == [("A", "Doc."), ("b", "")]
    symbols = parse(Document.of("file:///a", "toml", 1, "# Doc.\n[a]\nb = 1\n")).symbols()
    assert [(symbol.name, symbol.doc) for symbol in symbols] == [("a", "Doc."), ("b", "")]


def test_a_signature_is_one_line_of_bounded_length() -> None:
    """Its white space is squeezed, and a comment below it is not of it."""
    document = Document.of(
        "file:///a.py", "python", 1, "def f(\n    a: int,\n    b: str,\n):\n    # Why.\n    return a"
    )
    assert parse(document).symbols()[0].signature == "def f( a: int, b: str, ):"
    document = Document.of("file:///a.py", "python", 1, f"names = [{'1, ' * 1000}]")
    assert len(parse(document).symbols()[0].signature) == 200
