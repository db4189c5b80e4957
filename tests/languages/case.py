"""A row of the tables: what is expected of one language, on the sample in `samples/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from context.imports import Import
from context.symbols import Symbol
from context.syntax import Syntax, parse
from context.text import Document, RangeChange

SAMPLES = Path(__file__).parent / "samples"


@dataclass(frozen=True, slots=True)
class Case:
    """What one sample holds. Texts that are compared have their white space squeezed.

    `symbols` are lines `kind container.name`; `described` are signature and doc of some of them. `imports` are written
    `module: name, name as alias`. `uses` are the references in one of the symbols, by kind, each once. `scope` is a
    place and the text of the innermost scope around it. `closed` is a place, and what must be written there until
    that scope is complete.
    """

    language_id: str
    sample: str
    symbols: str
    described: Mapping[str, tuple[str, str]]
    scope: tuple[str, str]
    closed: tuple[str, str]
    imports: tuple[str, ...] = ()
    uses: tuple[str, Mapping[str, str]] = ("", {})

    @property
    def text(self) -> str:
        """The text of the sample."""
        return (SAMPLES / self.sample).read_text("utf-8")

    def syntax(self, text: str | None = None) -> Syntax:
        """Parse the sample, or another text in its language."""
        source = self.text if text is None else text
        return parse(Document.of(f"file:///{self.sample}", self.language_id, 1, source))

    def place(self, marked: str) -> int:
        """Give the offset of the `$0` in a piece of the sample that stands there once."""
        before, mark, after = marked.partition("$0")
        assert mark, f"{marked!r} has no $0"
        assert self.text.count(before + after) == 1, f"{before + after!r} does not stand in {self.sample} once"
        return self.text.index(before + after) + len(before)


def squeezed(text: str) -> str:
    """Give a text with each stretch of white space as one blank."""
    return " ".join(text.split())


def full_name(symbol: Symbol) -> str:
    """Give the name with the container before it."""
    return f"{symbol.container}.{symbol.name}" if symbol.container else symbol.name


def written(each: Import) -> str:
    """Write an import as the tables do."""
    names = [name if name == alias else f"{name or 'itself'} as {alias}" for name, alias in each.names]
    return f"{each.module}: {', '.join(names)}" if names else each.module


def typed(syntax: Syntax, text: str) -> Syntax:
    """Give the syntax after a text was typed at the end."""
    document = syntax.document
    end = document.position(len(document.text), "utf-32")
    return syntax.after(document.with_change(RangeChange(end, end, text), "utf-32", document.version + 1))
