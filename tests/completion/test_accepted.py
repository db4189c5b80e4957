"""The document after a suggestion is taken, for random documents, cursors, answers and chunks of them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from context.text import Document, Span, TextEdit
from lsp_server.completion.place import Place
from tests.completion.shown import MAX_LINES, shape_at, stream

DOCUMENTS = st.sampled_from(
    [
        ("python", "class A:\n    def f(self, x):\n        if x:\n            return\n        return ')'\n\ny = 1\n"),
        ("python", "def f():\r\n\tx = {\r\n\t\t'a': 1,\r\n\t}\r\n\treturn x  # done\r\n"),
        ("javascript", "const f = (x) => {\n  if (x) {\n    return `a ${x}`;\n  }\n  g(x, () => 1);\n};\n"),
        ("java", "class A {\n    int f(int a) {\n        return a;\n    }\n}\n"),
        ("ruby", "def f(x)\n  if x\n    puts \"(\"\n  end\nend\n"),
        ("html", "<ul>\n  <li>🙂 <b>x</b></li>\n</ul>\n"),
        ("shellscript", "for f in *; do\n  case $f in\n    a) echo b ;;\n  esac\ndone\n"),
        ("unheard-of", "begin (a\n  b)\n  {c}\n"),
    ]
)  # fmt: skip
CODE = ("x", " = ", "\n", "\n\n", "\r\n", "    ", "\t", "return ", "def f():", "else:", "end", ")", "(", "{", "}", '"')
TALK = (
    "```",
    "```python\n",
    "<think>",
    "</think>",
    "<|stop|>",
    "Here is the code you asked for",
    "🙂",
    "#",
    ";",
    "els",
)
PIECES = st.lists(st.sampled_from(CODE + TALK), max_size=16)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Document, int, str, list[str]]:
    """Give a document, a cursor, and an answer as a whole and in chunks: noise, and what really stands there."""
    language_id, text = draw(DOCUMENTS)
    ends = [at for at, character in enumerate(text) if character in "\r\n"]
    start = draw(st.integers(0, len(text)) | st.sampled_from(ends))
    end = draw(
        st.integers(start, min(len(text), start + 60)) | st.sampled_from([e for e in ends if e >= start] or [start])
    )
    answer = "".join(draw(PIECES))
    if draw(st.booleans()):
        answer = text[start : end + draw(st.integers(0, 40))] + answer
    cuts = sorted(draw(st.sets(st.integers(0, len(answer)), max_size=12)) | {0, len(answer)})
    chunks = [answer[one:other] for one, other in pairwise(cuts)]
    removed = text[:start] + text[end:] if draw(st.booleans()) else text
    return Document.of("file:///project/a", language_id, 1, removed), start, answer, chunks


def shown(document: Document, offset: int, chunks: list[str]) -> str:
    """Give what is shown, "" when it is nothing."""
    return stream(chunks, Place.at(document, offset), shape_at(document, offset, stop=("<|stop|>",))).text


@settings(max_examples=300, deadline=None)
@example((Document.of("file:///a", "python", 1, "x = f()\n"), 6, "(\r\n)", ["(\r", "\n)"]))
@given(cases())
def test_the_result_is_the_same_for_every_chunking(case: tuple[Document, int, str, list[str]]) -> None:
    """However a stream is cut, and wherever it is closed early, the same is shown."""
    document, offset, answer, chunks = case
    whole = shown(document, offset, [answer])
    assert shown(document, offset, chunks) == whole
    assert shown(document, offset, [*answer]) == whole


@settings(max_examples=300, deadline=None)
@given(cases())
def test_a_suggestion_keeps_the_rules_of_every_editor(case: tuple[Document, int, str, list[str]]) -> None:
    """It is put in at the cursor and replaces nothing; it is no blank; it has many lines only at the end of one.

    An empty range at the cursor is within one line, begins with the text before the cursor (none), and leaves the
    text after it alone: what editors differ in does not come up.
    """
    document, offset, answer, _ = case
    text = shown(document, offset, [answer])
    place = Place.at(document, offset)
    if text:
        assert text.strip()
        assert text == text.rstrip()
        assert "\n" not in text or not place.tail.strip()
        assert text.count("\n") < MAX_LINES
        assert not text.replace("\r\n", "\n").count("\r") or document.eol == "\r"
        assert document.eol == "\n" or text.count("\n") == text.count("\r\n")


@settings(max_examples=300, deadline=None)
@given(cases())
def test_what_is_taken_can_be_undone(case: tuple[Document, int, str, list[str]]) -> None:
    """The edit back gives the document that was, line for line."""
    document, offset, answer, _ = case
    text = shown(document, offset, [answer])
    taken = document.with_edits([TextEdit(Span(offset, offset), text)], 2)
    back = taken.with_edits([TextEdit(Span(offset, offset + len(text)), "")], 3)
    assert taken.text == document.text[:offset] + text + document.text[offset:]
    assert back.lines == document.lines


@settings(max_examples=300, deadline=None)
@given(cases())
def test_no_tail_is_doubled(case: tuple[Document, int, str, list[str]]) -> None:
    """What stands right of the cursor does not stand there twice, unless the document parses only so.

    Nor does the line below, in the same indentation.
    """
    document, offset, answer, _ = case
    text = shown(document, offset, [answer])
    place, shape = Place.at(document, offset), shape_at(document, offset)
    tail = place.tail.strip()
    assert shape.excerpt
    if text and tail and text.endswith(tail) and not tail.isalnum():
        without = text.removesuffix(tail).rstrip()
        assert shape.excerpt.sound(text) or not shape.excerpt.sound(without)
    if "\n" in text and (text.rpartition("\n")[2],) == place.below[:1]:
        assert shape.excerpt.sound(text)
