"""Notebooks: documents of their own, the cells, in an order that says what ran before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from context.text import Document


class Notebooks:
    """The open notebooks, each as the URIs of its cells in their order."""

    def __init__(self) -> None:
        self._cells: dict[str, list[str]] = {}
        self._notebook_of: dict[str, str] = {}

    def open(self, notebook: str, cells: Sequence[str]) -> None:
        """Take over a notebook; opening it again replaces it."""
        self.close(notebook)
        self._cells[notebook] = list(cells)
        self._notebook_of |= dict.fromkeys(cells, notebook)

    def splice(self, notebook: str, start: int, removed: int, cells: Sequence[str]) -> None:
        """Put cells in the place of some others. A notebook that was never opened stays unknown."""
        order = self._cells.get(notebook)
        if order is None:
            return
        for uri in order[start : start + removed]:
            self._notebook_of.pop(uri, None)
        order[start : start + removed] = cells
        self._notebook_of |= dict.fromkeys(cells, notebook)

    def close(self, notebook: str) -> list[str]:
        """Forget a notebook, and give its cells."""
        cells = self._cells.pop(notebook, [])
        for uri in cells:
            self._notebook_of.pop(uri, None)
        return cells

    def notebook_of(self, uri: str) -> str:
        """Give the notebook of a cell, "" for a document that is none."""
        return self._notebook_of.get(uri, "")

    def continued(
        self, document: Document, offset: int, opened: Callable[[str], Document | None]
    ) -> tuple[Document, int]:
        """Give a cell below the earlier ones of its language, as one document, and where the offset is in it.

        A document that is no cell is given as it is.
        """
        order = self._cells.get(self._notebook_of.get(document.uri, ""), [])
        earlier = [cell for uri in order[: order.index(document.uri) if order else 0] if (cell := opened(uri))]
        above: list[str] = []
        for cell in earlier:
            if cell.language_id == document.language_id and any(map(str.strip, cell.lines)):
                above += _whole_lines(cell)
        if not above:
            return document, offset
        lines = (*above, *document.lines)
        joined = Document(document.uri, document.language_id, document.version, lines)
        return joined, offset + sum(map(len, above))


def _whole_lines(cell: Document) -> list[str]:
    """Give the lines of a cell, each with its end, and a blank one behind them."""
    *lines, last = cell.lines
    return [*lines, *([last + "\n"] if last else []), "\n"]
