"""What a terminal shows of an answer that streams in."""

from __future__ import annotations

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from lsp_server.terminal import Wrap, printable


def wrapped(pieces: list[str], width: int) -> str:
    """Give what is shown of a text that comes in pieces."""
    wrap = Wrap(width)
    return "".join(map(wrap.feed, pieces)) + wrap.end()


@given(st.text("ab \n", max_size=60), st.integers(3, 12), st.data())
def test_lines_break_at_spaces_however_the_text_arrives(text: str, width: int, data: st.DataObject) -> None:
    """The pieces make no difference, nothing is lost, and a line is longer than the width only for a long word."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    shown = wrapped(pieces, width)
    assert shown == wrapped([text], width)
    assert "".join(shown.split()) == "".join(text.split())
    assert all(len(line.rstrip()) <= width or " " not in line.strip() for line in shown.split("\n"))


def test_a_plain_paragraph_is_broken_as_expected() -> None:
    """Words stay whole, and lines that the answer breaks itself stay broken."""
    text = "To compute the total of all items, add them up.\n    code stays\n"
    shown = wrapped([text], 20)
    assert [line.rstrip() for line in shown.split("\n")] == [
        *textwrap.wrap("To compute the total of all items, add them up.", 20),
        "    code stays",
        "",
    ]


def test_half_a_surrogate_pair_can_be_printed() -> None:
    """Some models stream one; the terminal gets a question mark."""
    assert printable("a\ud83db") == "a?b"
    assert printable("🙂") == "🙂"
