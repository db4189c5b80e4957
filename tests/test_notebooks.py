"""Notebooks: a cell is completed as if the earlier cells of its language stood above it."""

from __future__ import annotations

from context.notebooks import Notebooks
from context.text import Document

CELLS = {
    "nb#1": ("python", "import numpy as np"),
    "nb#2": ("markdown", "# Title\n"),
    "nb#3": ("python", "\n"),
    "nb#4": ("python", "x = np.zeros(3)\n"),
    "nb#5": ("python", "y = x"),
}
DOCUMENTS = {uri: Document.of(uri, language, 1, text) for uri, (language, text) in CELLS.items()}


def notebooks() -> Notebooks:
    """Give a notebook of all cells."""
    opened = Notebooks()
    opened.open("nb", list(CELLS))
    return opened


def above(opened: Notebooks, uri: str) -> str:
    """Give what stands above a cell, having checked that the offset moved along."""
    document, offset = opened.continued(DOCUMENTS[uri], 1, DOCUMENTS.get)
    assert document.text[offset - 1 :] == DOCUMENTS[uri].text
    return document.text[: offset - 1]


def test_earlier_cells_of_the_same_language_stand_above_in_their_order() -> None:
    """Other languages, empty cells and later cells do not; a blank line parts them."""
    assert above(notebooks(), "nb#5") == "import numpy as np\n\nx = np.zeros(3)\n\n"
    assert above(notebooks(), "nb#2") == above(notebooks(), "nb#1") == ""


def test_moved_and_removed_cells_count_where_they_are() -> None:
    """The order is that of the notebook now."""
    opened = notebooks()
    opened.splice("nb", 0, 1, [])
    opened.splice("nb", 3, 1, ["nb#1", "nb#5"])
    assert above(opened, "nb#5") == "x = np.zeros(3)\n\nimport numpy as np\n\n"
    opened.splice("nb", 2, 1, [])
    assert above(opened, "nb#5") == "import numpy as np\n\n"


def test_a_document_that_is_no_cell_is_left_as_it_is() -> None:
    """Also one of a notebook that was closed, or never opened."""
    opened = notebooks()
    assert opened.close("nb") == list(CELLS)
    opened.splice("nb", 0, 0, ["nb#1", "nb#5"])
    document = DOCUMENTS["nb#5"]
    assert opened.continued(document, 2, DOCUMENTS.get) == (document, 2)


def test_a_cell_that_may_not_be_seen_is_not_shown() -> None:
    """What the workspace does not give stays away."""
    document, _ = notebooks().continued(DOCUMENTS["nb#5"], 0, {"nb#4": DOCUMENTS["nb#4"]}.get)
    assert document.text == "x = np.zeros(3)\n\ny = x"
