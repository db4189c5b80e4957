"""The real server process in a project: a completion is sent with what other files have to say."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.serving import serving
from tests.fakes import ModelServer, Rule
from tests.lsp_client import PATIENCE_S, Json, LspClient

pytestmark = pytest.mark.anyio

HELPERS = "class Ledger:\n    def settle_account(self, holder, *, currency):\n        pass\n"
MAIN = "from helpers import Ledger\n\nledger = Ledger()\nledger.\n"
WATCHES = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
ANYTHING = [Rule(text="pass_on\n")]


def lay_out(tmp_path: Path) -> Path:
    """Write a project of two files."""
    root = tmp_path.resolve() / "project"
    root.mkdir()
    (root / "helpers.py").write_text(HELPERS)
    (root / "other.py").write_text("old_name()\n")
    return root


def add_folder(client: LspClient, root: Path) -> None:
    """Open a folder in the editor."""
    folder = {"uri": root.as_uri(), "name": root.name}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": []}})


class Typist:
    """Types in the main file and looks at what the model was sent."""

    def __init__(self, model: ModelServer, client: LspClient, uri: str) -> None:
        self._model, self._client, self._uri = model, client, uri
        self._keys = 0

    async def prompt(self) -> str:
        """Type a key that no suggestion goes along with, and give the prompt that this led to."""
        asked = len(self._model.requests)
        self._client.change(self._uri, self._keys + 2, 3, 7 + self._keys, "q")
        self._keys += 1
        await self._client.ghost(self._uri, 3, 7 + self._keys, invoked=True)
        await self._model.requested(asked + 1)
        return str(self._model.requests[-1].body["prompt"])

    async def sees(self, text: str) -> str:
        """Type on until a text is in the prompt, and give that prompt."""
        async with asyncio.timeout(PATIENCE_S):
            while text not in (prompt := await self.prompt()):
                pass
        return prompt


async def test_a_completion_is_sent_with_the_project(tmp_path: Path) -> None:
    """A definition of a file that is not open, the last edit in one that is, and what changed on disk."""
    root = lay_out(tmp_path)
    registered: list[Json] = []
    answers = {"client/registerCapability": registered.append}
    async with serving(ANYTHING, tmp_path, capabilities=WATCHES, answers=answers) as (model, client):
        add_folder(client, root)
        uri, other = (root / "main.py").as_uri(), (root / "other.py").as_uri()
        client.open(uri, MAIN)
        typist = Typist(model, client, uri)
        prompt = await typist.sees("def settle_account(self, holder, *, currency)")
        assert prompt.index("# Path: helpers.py") < prompt.index("# Path: main.py") < prompt.index("ledger = Ledger()")
        assert "old_name" not in prompt

        client.open(other, "old_name()\n")
        client.change(other, 2, 0, 0, "brand_new_")
        edited = await typist.sees("# -old_name()\n# +brand_new_old_name()\n")
        assert edited.index("currency") < edited.index("brand_new_")

        (root / "helpers.py").write_text(HELPERS.replace("currency", "ledger_date"))
        changed = {"uri": (root / "helpers.py").as_uri(), "type": 2}
        client.notify("workspace/didChangeWatchedFiles", {"changes": [changed]})
        assert "currency" not in await typist.sees("ledger_date")
        assert registered[0]["registrations"][0]["method"] == "workspace/didChangeWatchedFiles"


async def test_a_folder_that_was_removed_is_looked_into_no_more(tmp_path: Path) -> None:
    """Its files stay out of every prompt from then on."""
    root = lay_out(tmp_path)
    async with serving(ANYTHING, tmp_path) as (model, client):
        add_folder(client, root)
        uri = (root / "main.py").as_uri()
        client.open(uri, MAIN)
        typist = Typist(model, client, uri)
        await typist.sees("settle_account")
        folder = {"uri": root.as_uri(), "name": root.name}
        client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [folder]}})
        assert "settle_account" not in await typist.prompt()


async def test_a_cell_is_completed_below_the_earlier_ones(tmp_path: Path) -> None:
    """Those of its language, in the order of the notebook as it is now."""
    texts = {"a": "import numpy as np", "b": "x = 1\n", "c": "np."}
    cells = [{"kind": 2, "document": f"notebook-cell:/nb#{name}"} for name in texts]
    documents = [
        {"uri": f"notebook-cell:/nb#{name}", "languageId": "python", "version": 1, "text": text}
        for name, text in texts.items()
    ]
    async with serving(ANYTHING, tmp_path) as (model, client):
        assert client.initialize_result["capabilities"]["notebookDocumentSync"]
        notebook = {"uri": "file:///nb.ipynb", "notebookType": "jupyter-notebook", "version": 1, "cells": cells}
        params = {"notebookDocument": notebook, "cellTextDocuments": documents}
        client.notify("notebookDocument/didOpen", params)
        await client.ghost("notebook-cell:/nb#c", 0, 3, invoked=True)
        assert model.requests[-1].body["prompt"] == "import numpy as np\n\nx = 1\n\nnp."
        removed = {"array": {"start": 1, "deleteCount": 1}, "didClose": [{"uri": "notebook-cell:/nb#b"}]}
        at = {"line": 0, "character": 3}
        typed = {
            "document": {"uri": "notebook-cell:/nb#c", "version": 2},
            "changes": [{"range": {"start": at, "end": at}, "text": "z"}],
        }
        client.notify(
            "notebookDocument/didChange",
            {
                "notebookDocument": {"uri": "file:///nb.ipynb", "version": 2},
                "change": {"cells": {"structure": removed, "textContent": [typed]}},
            },
        )
        await client.ghost("notebook-cell:/nb#c", 0, 4, invoked=True)
        assert model.requests[-1].body["prompt"] == "import numpy as np\n\nnp.z"
