"""Where answers end, in many languages: `$0` marks the cursor, `model` runs on, and what belongs there is shown."""

from __future__ import annotations

import pytest

from tests.completion.shown import shown


@pytest.mark.parametrize(
    ("language_id", "marked", "model", "expected"),
    [
        # A line is enough where it completes the statement.
        ("python", "x = $0\n", "f(1)\ny = 2\n", "f(1)"),
        ("javascript", "foo.$0\n", "bar()\nbaz()\n", "bar()"),
        ("css", ".a {\n  color: $0\n}\n", "red;\n  top: 0;\n}\n", "red;"),
        ("yaml", "a:\n  - b\n  - $0\n", "c\n  - d\n", "c"),
        ("html", "<div>\n  <p>$0\n</div>\n", "hello</p>\n  <p>x</p>\n</div>\n", "hello</p>"),
        # A bracket that was opened is closed, whatever stands in strings and comments.
        ("javascript", "const x = $0\n", "foo(a,\n  b)\nbar()\n", "foo(a,\n  b)"),
        ("python", "x = {$0\n", '\n    "a": "}",  # }\n}\ny = 1\n', '\n    "a": "}",  # }\n}'),
        ("toml", "x = $0\ny = 2\n", "[\n  1,\n]\nz = 3\n", "[\n  1,\n]"),
        ("json", '{\n  "a": $0\n}\n', '{\n    "b": 1\n  }\n}\n', '{\n    "b": 1\n  }'),
        ("rust", "fn f() {\n    g($0\n}\n", "'(', \")\",\n        1);\n    h();\n}\n", "'(', \")\",\n        1);"),
        # A statement goes on over lines that are indented more, and over its clauses.
        ("javascript", "const x = $0\n", "foo\n  .bar()\n  .baz()\nqux()\n", "foo\n  .bar()\n  .baz()"),
        ("python", "for i in $0\n", "range(3):\n    print(i)\nprint(2)\n", "range(3):\n    print(i)"),
        ("javascript", "if ($0\n", "x) {\n  y();\n} else {\n  z();\n}\nf();\n", "x) {\n  y();\n} else {\n  z();\n}"),
        ("csharp", "class A {\n  void F()$0\n}\n", "\n  {\n    x();\n  }\n\n  void G()", "\n  {\n    x();\n  }"),
        ("python", "def $0\n", "f(x):\n    a = 1\n\n    return a\n\n\ndef g():\n", "f(x):\n    a = 1\n\n    return a"),
        ("python", "def f(\n    a$0\n", "):\n    return a\n\nx = 1\n", "):\n    return a"),
        ("rust", "fn f() {\n    let x = $0\n}\n", "if a {\n        1\n    } else {\n        2\n    };\n    x\n}\n", "if a {\n        1\n    } else {\n        2\n    };"),  # noqa: E501
        # A header is enough where its block stands below.
        ("javascript", "if ($0\n  y();\n}\n", "x) {\n  y();\n}\nfoo();\n", "x) {"),
        ("python", "if $0\n    y()\n", "x:\n    y()\n    z()\n", "x:"),
        ("java", "class A {\n    int f($0\n        return a;\n    }\n}\n", "int a)\n            throws E {\n        return a;\n    }\n", "int a)\n            throws E {"),  # noqa: E501
        # A word closes as a bracket does.
        ("ruby", "def f$0\n", "(x)\n  x + 1\nend\n\ndef g\nend\n", "(x)\n  x + 1\nend"),
        ("lua", "if $0\n", "x then\n  y()\nend\nz()\n", "x then\n  y()\nend"),
        ("shellscript", "for f in *; $0\n", 'do\n  echo "$f)"\ndone\necho x\n', 'do\n  echo "$f)"\ndone'),
        # What a decorator or a comment is about comes along.
        ("python", "x = 1\n$0\ny = 2\n", "# the sum\nz = 3\nw = 4\n", "# the sum\nz = 3"),
        ("python", "class A:\n    $0\n\n    def g(self): ...\n", "@property\n    def f(self):\n        return 1\n\n    def h", "@property\n    def f(self):\n        return 1"),  # noqa: E501
    ],
)  # fmt: skip
def test_an_answer_ends_with_its_statement(language_id: str, marked: str, model: str, expected: str) -> None:
    """In the middle of a statement, just that is completed, be it a word or a function."""
    assert shown(marked, model, language_id) == expected


@pytest.mark.parametrize(
    ("language_id", "marked", "model", "expected"),
    [
        # In a block that goes on below: one statement.
        ("javascript", "f(() => {\n  a();\n  $0\n  b();\n});\n", "c();\n  d();\n  b();\n});", "c();"),
        ("python", "a = 1\n$0\nb = 2\n", "if a:\n    c()\nd()\n", "if a:\n    c()"),
        ("javascriptreact", "x = (\n  <a>\n    $0\n    <c/>\n  </a>\n);\n", "<b/>\n    <d/>\n", "<b/>"),
        # In an empty block, or at its end: all that is left of it.
        ("javascript", "function f() {\n  $0\n}\n", "g();\n  h();\n}\n\nfunction i() {", "g();\n  h();"),
        ("ruby", "def f\n  $0\nend\n", "x = 1\n  x + 1\nend\n\ndef g\n", "x = 1\n  x + 1"),
        ("python", "if x:\n    a()\nelse:\n    $0\n", "b()\n    c()\nd()\n", "b()\n    c()"),
        ("javascriptreact", "x = (\n  <a>\n    $0\n  </a>\n);\n", "<b/>\n    <d/>\n  </a>\n);\n", "<b/>\n    <d/>"),
        # And its end, where the document has none.
        ("javascript", "function f() {\n  $0\n", "g();\n}\n\nfunction h() {", "g();\n}"),
        ("lua", "if x then\n  $0\n", "y()\nend\nz()\n", "y()\nend"),
        ("shellscript", "if x; then\n  $0\n", "y\nfi\nz\n", "y\nfi"),
        # A blank line ends a run of statements, but not a block within one of them.
        ("python", "$0\n", "import a\nimport b\n\n\ndef f():\n", "import a\nimport b"),
        ("markdown", "# Title\n\n$0\n", "Some text.\nMore text.\n\n## Next\n", "Some text.\nMore text."),
    ],
)  # fmt: skip
def test_on_a_blank_line_the_block_says_how_much(language_id: str, marked: str, model: str, expected: str) -> None:
    """One statement among others; a run of them where nothing follows in the block."""
    assert shown(marked, model, language_id) == expected


def test_what_the_document_still_wants_is_closed() -> None:
    """An answer may run through its block and the ones around it while their ends are missing."""
    marked = "export const total = (xs) => {\n  xs.forEach((x) => {\n    sum += f($0\n\nexport const other = 1\n"
    model = "x)\n  })\n\n  return sum\n}\n\nexport const another = 2\n"
    assert shown(marked, model, "typescript") == "x)\n  })\n\n  return sum\n}"


def test_a_fault_elsewhere_does_not_matter() -> None:
    """In a file that does not parse anyway, an answer is measured by what it adds."""
    broken = "const broken = (;\n\n"
    assert shown(broken + "const x = $0\nfoo();\n", "f(a,\n  b);\ng();\n", "javascript") == "f(a,\n  b);"
    assert shown(broken + "if ($0\nfoo();\n", "a) {\n  b();\n}\nc();\n", "javascript") == "a) {\n  b();\n}"


def test_nothing_follows_a_statement_that_is_complete() -> None:
    """Behind a finished line, another one was not asked for; behind what opens a block, its body was."""
    assert shown("x = f(1)$0\n", "\ny = g(2)\n") == "<empty>"
    assert shown("def f():$0\n", "\n    return 1\n\nx = 1") == "\n    return 1"
    assert shown("@cache$0\n", "\ndef f():\n    return 1\nx = 1") == "\ndef f():\n    return 1"


def test_a_comment_has_one_line() -> None:
    """A model has always more to say."""
    assert shown("# todo: $0\nx = 1\n", "do this\n# and that\n") == "do this"
    assert shown("/* $0\nint x;\n", "hello */\nint y;\n", "c") == "hello */"


def test_a_block_that_is_too_long_is_cut_between_its_statements() -> None:
    """The limit of the settings holds, but not in the middle of a call."""
    model = "\n" + "".join(f"  a{number}(\n    b);\n" for number in range(20)) + "}\n"
    assert shown("function f() {$0\n", model, "javascript", max_lines=6) == "\n  a0(\n    b);\n  a1(\n    b);"
    statements = "".join(f"a{number} = {number}\n    " for number in range(20))
    assert shown("def f():\n    $0\n", statements).count("\n") == 11


def test_an_answer_that_never_fits_is_cut_where_the_brackets_agree() -> None:
    """When a model writes nonsense, or a stream breaks off, at least the line is whole."""
    assert shown("x = $0\n", "1 +* (2,\n  3) ???\ny = 2\n") == "1 +* (2,\n  3) ???"
    assert shown("x = $0\n", "foo(a,\n    b") == "foo(a,\n    b"


def test_without_a_grammar_brackets_and_indentation_decide() -> None:
    """Any language is completed in a sensible way."""
    assert shown("weird $0\n", "foo (a\n  b)\nbar\n", "unheard-of") == "foo (a\n  b)"
    assert shown("begin $0\n", "a {\n  b\n}\nc\n", "unheard-of") == "a {\n  b\n}"
    assert shown("SELECT $0\n", "a, b\nFROM t;\n\nSELECT", "sql") == "a, b"
