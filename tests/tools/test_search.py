"""Looking for files, text and names finds what the person has, and nothing that is excluded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from context.diagnostics import Diagnostic
from context.index import Index
from context.text import Document
from lsp_server.tools.grep import grep_texts
from lsp_server.tools.tool import Location
from tests.tools.box import Box

pytestmark = pytest.mark.anyio

FILES = {
    "src/a.py": "def total(items):\n    return sum(items)  # needle\n",
    "src/deep/b.ts": "const needle = total([])\n",
    "docs/c.md": "A Needle.\r\nneedle\r\n",
    ".env": "needle=secret\n",
    ".gitignore": "ignored/\n",
    "ignored/d.py": "needle\n",
    "private/.antiphonignore": "*\n",
    "private/e.py": "needle\n",
    "node_modules/x/f.js": "needle\n",
}


@pytest.fixture(params=["python", "ripgrep"])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Box:
    """A project, on a machine with ripgrep and on one without."""
    made = Box(tmp_path, FILES)
    found = shutil.which("rg")
    if request.param == "ripgrep":
        if found is None:
            pytest.skip("ripgrep is not installed")
        made.given(environment={"PATH": os.path.dirname(found)})
    else:
        made.given(environment={"PATH": str(tmp_path)})
    return made


async def hits(box: Box, pattern: str, **more: object) -> list[str]:
    """Give the places of hits."""
    text = (await box.call("grep", pattern=pattern, **more)).text
    return [":".join(line.split(":")[:2]) for line in text.splitlines() if ": " in line]


async def test_text_is_found_in_what_may_be_seen(box: Box) -> None:
    """Not in secrets, ignored or excluded files."""
    assert await hits(box, "needle") == ["docs/c.md:2", "src/a.py:2", "src/deep/b.ts:1"]
    assert await hits(box, "needle", ignore_case=True) == [
        "docs/c.md:1",
        "docs/c.md:2",
        "src/a.py:2",
        "src/deep/b.ts:1",
    ]
    assert await hits(box, "^needle$") == ["docs/c.md:2"]
    assert await hits(box, "secret") == []


async def test_a_search_may_be_narrowed_to_a_folder_a_file_or_names(box: Box) -> None:
    """By path, and by a pattern of names."""
    assert await hits(box, "needle", path="src") == ["src/a.py:2", "src/deep/b.ts:1"]
    assert await hits(box, "needle", path="src/a.py") == ["src/a.py:2"]
    assert await hits(box, "needle", files="*.ts") == ["src/deep/b.ts:1"]
    assert await hits(box, "needle", path="private") == []


async def test_unsaved_text_is_searched_instead_of_the_file(box: Box) -> None:
    """What stands only in the editor is found, what stands only on disk is not."""
    box.open("src/a.py", "fresh needle\nonly unsaved\n")
    assert await hits(box, "only unsaved") == ["src/a.py:2"]
    assert await hits(box, "needle", path="src") == ["src/a.py:1", "src/deep/b.ts:1"]


async def test_an_expression_means_what_it_means_in_python(box: Box) -> None:
    """Whatever else is installed: looking around, and names of groups."""
    assert await hits(box, r"(?<=# )needle") == ["src/a.py:2"]
    assert await hits(box, r"(?P<t>total)\((?!\[)") == ["src/a.py:1"]


async def test_an_expression_that_is_none_is_answered(box: Box) -> None:
    """With what is wrong."""
    outcome = await box.call("grep", pattern="(unclosed")
    assert outcome.is_error
    assert "no regular expression" in outcome.text


async def test_an_expression_that_never_ends_is_ended() -> None:
    """The process that matches is stopped, and what was found until then is kept."""
    texts = iter([("a.txt", "aa hit\n"), ("b.txt", "a" * 60 + "!\n")])
    found, stopped = await grep_texts(r"hit|^(a+)+$", False, texts, 1.0, 10)
    assert [hit.name for hit in found] == ["a.txt"]
    assert "stopped after 1 s in b.txt" in stopped


async def test_no_more_hits_are_given_than_anybody_reads(tmp_path: Path) -> None:
    """And it is told that there may be more."""
    box = Box(tmp_path, {"a.txt": "x\n" * 2_000})
    outcome = await box.call("grep", pattern="x")
    assert len(outcome.locations) == 500
    assert outcome.text.endswith("There may be more than 500 hits: narrow the pattern or the path.\n")


async def test_files_are_found_by_name(box: Box) -> None:
    """Anywhere, below a folder, and only those that may be seen."""
    assert (await box.call("glob", pattern="*.py")).text == "src/a.py\n"
    assert (await box.call("glob", pattern="**/*.ts")).text == "src/deep/b.ts\n"
    assert (await box.call("glob", pattern="*.ts", folder="src")).text == "src/deep/b.ts\n"
    assert (await box.call("glob", pattern=".env")).text == "No file has such a name."


async def test_definitions_come_from_the_index(tmp_path: Path) -> None:
    """Of a file in order, and of a name anywhere; a file that is excluded has none."""
    box = Box(tmp_path, FILES)
    index = Index(box.root, tmp_path / "cache", settle_s=0.0)
    await index.start()
    try:
        await index.settled()
        box.given(index=index)
        line = "src/a.py:1: function total  def total(items):"
        assert (await box.call("symbols", path="src/a.py")).text.startswith(line[:30])
        assert (await box.call("definition", name="total")).text.startswith(line[:30])
        assert "No definition" in (await box.call("symbols", name="nothing")).text
        assert "excluded" in (await box.call("symbols", path="private/e.py")).text
    finally:
        await index.aclose()


class Lookups:
    """An editor with a language server, which knows one use in a file and one in an excluded file."""

    def __init__(self, root: Path) -> None:
        self.asked: list[int] = []
        self._root = root

    async def definition(self, document: Document, offset: int) -> Sequence[Location] | None:
        """Know nothing."""
        return None

    async def references(self, document: Document, offset: int) -> Sequence[Location] | None:
        """Know two uses."""
        self.asked.append(offset)
        return [Location((self._root / name).as_uri(), 0) for name in ("src/deep/b.ts", ".env")]


async def test_uses_come_from_the_editor_when_it_offers_them(tmp_path: Path) -> None:
    """Without what is excluded; else every line that holds the word is given."""
    box = Box(tmp_path, FILES)
    box.given(environment={"PATH": ""}, lookups=(lookups := Lookups(box.root)))
    outcome = await box.call("references", name="total", path="src/a.py", line=1)
    assert outcome.text == "src/deep/b.ts:1: const needle = total([])\n"
    assert lookups.asked == [4]
    everywhere = await box.call("references", name="total")
    assert everywhere.text == "src/a.py:1: def total(items):\nsrc/deep/b.ts:1: const needle = total([])\n"


async def test_diagnostics_are_those_that_the_editor_shows(tmp_path: Path) -> None:
    """With the lines that they mean; an editor that tells none is no file without faults."""
    box = Box(tmp_path, FILES)
    assert (await box.call("diagnostics", path="src/a.py")).is_error
    box.given(diagnostics=lambda uri: [Diagnostic(1, 1, "undefined name")])
    text = (await box.call("diagnostics", path="src/a.py")).text
    assert "undefined name" in text
    assert "return sum(items)" in text
