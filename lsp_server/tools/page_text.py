"""The text of a web page, for a model to read: no scripts, no styles, nothing that a person would not see."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_UNSEEN = frozenset(("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "canvas"))
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figure", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"),
        *("table", "tbody", "td", "th", "thead", "tr", "ul", "title"),
    )
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])", re.I)

# Deeper nesting is made to hurt, not to be read.
_MOST_DEPTH = 2_000


def text_of_page(html: str) -> str:
    """Give the text of a page, a block a line, headings marked with #."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _unseen(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element; what stands in one that is not seen is not seen either."""
        known = dict(attrs)
        hidden = "hidden" in known or known.get("aria-hidden") == "true" or _HIDDEN.search(known.get("style") or "")
        if tag not in _VOID and len(self._open) < _MOST_DEPTH:
            self._open.append((tag, self._unseen or bool(hidden) or tag in _UNSEEN))
        if tag in _BLOCKS:
            self.pieces.append("\n")
        if re.fullmatch(r"h[1-6]", tag):
            self.pieces.append("#" * int(tag[1]) + " ")

    def handle_endtag(self, tag: str) -> None:
        """End an element, and those in it that nobody has ended."""
        at = next((at for at in range(len(self._open) - 1, -1, -1) if self._open[at][0] == tag), None)
        if at is not None:
            del self._open[at:]
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        if not self._unseen:
            self.pieces.append(data)
