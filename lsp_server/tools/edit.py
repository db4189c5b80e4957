"""The tools that change files. What they would do is shown first, and nothing else is done.

An open file is changed through the editor, in the version that was read; any other one on disk, at once as a whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from context.text import BadChangeError, Document, TextEdit
from lsp_server.chat.edits import Replacement, locate
from lsp_server.errors import EditRefused
from lsp_server.tools.files import PATH, Unseen, document_at, resolved
from lsp_server.tools.paths import Resolved
from lsp_server.tools.request import FileDiff, Request, canonical
from lsp_server.tools.tool import Action, Arguments, Location, Tool, ToolContext, ToolOutcome, parameters
from lsp_server.tools.writing import create_file, remove_file, rename_file, replace_file


async def _prepare_edit(arguments: Arguments, context: ToolContext) -> Action:
    place = resolved(arguments["path"], context)
    document = document_at(place, context)
    text = document.text
    if not context.reads.is_current(place.uri, text):
        raise EditRefused(f"{place.name} has changed since it was read: read it again, then edit it.", "changed")
    edits = _located(document, arguments["edits"])
    after = _after(document, edits).text
    diff = FileDiff(place.uri, text, after)
    title = f"Edit {place.name}"
    request = Request("edit", "edit", title, canonical(arguments), (place.target("write"),), diffs=(diff,))

    async def perform() -> ToolOutcome:
        if context.workspace.opened(document.uri) is not None:
            await context.editor.apply_edits(document, edits, title)
        else:
            await asyncio.to_thread(replace_file, place, after.encode("utf-8"))
        context.reads.note(place.uri, after)
        lines = [document.line_column(edit.span.start)[0] for edit in edits]
        places = tuple(Location(place.uri, line) for line in lines)
        told = f"{place.name} was edited at line {', '.join(str(line + 1) for line in sorted(set(lines)))}."
        return ToolOutcome(told, locations=places, diffs=(diff,))

    return Action(request, perform)


def _located(document: Document, wanted: Sequence[Any]) -> list[TextEdit]:
    """Find the place of each edit. Raises EditRefused for the first that has none: then none is made."""
    found: list[TextEdit] = []
    for number, each in enumerate(wanted, 1):
        replacement = Replacement(each["old_text"], each["new_text"], whole_lines=False)
        try:
            found += locate(document, replacement).edits
        except EditRefused as error:
            which = f"Edit {number} of {len(wanted)}: " if len(wanted) > 1 else ""
            raise EditRefused(f"{which}{error}\nNothing was changed.", error.reason) from error
    return found


def _after(document: Document, edits: Sequence[TextEdit]) -> Document:
    try:
        return document.with_edits(edits, document.version + 1)
    except BadChangeError as error:
        raise EditRefused("Two of the edits overlap: make one of them. Nothing was changed.", "overlap") from error


EDIT = Tool(
    "edit",
    "Change a file of the project. Each edit replaces old_text, which must stand in the file exactly once, by new_text;"
    " quote enough lines around it. Either all edits are made or none.",
    parameters(
        ("path", "edits"),
        path=PATH,
        edits={
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": parameters(
                ("old_text", "new_text"),
                old_text={"type": "string", "description": "what stands there now, without line numbers"},
                new_text={"type": "string", "description": "what is to stand there"},
            ),
        },
    ),
    "edit",
    _prepare_edit,
)


async def _prepare_create(arguments: Arguments, context: ToolContext) -> Action:
    place = _free(arguments["path"], context)
    text = arguments["text"]
    diff = FileDiff(place.uri, None, text)
    request = Request(
        "create_file", "edit", f"Create {place.name}", canonical(arguments), (place.target("write"),), diffs=(diff,)
    )

    async def perform() -> ToolOutcome:
        await asyncio.to_thread(create_file, place, text.encode("utf-8"))
        context.reads.note(place.uri, text)
        return ToolOutcome(f"{place.name} was created.", locations=(Location(place.uri),), diffs=(diff,))

    return Action(request, perform)


CREATE_FILE = Tool(
    "create_file",
    "Create a text file, and the folders around it. It refuses to overwrite a file: use edit for that.",
    parameters(("path", "text"), path=PATH, text={"type": "string", "description": "the whole text"}),
    "edit",
    _prepare_create,
)


async def _prepare_delete(arguments: Arguments, context: ToolContext) -> Action:
    place = _settled(arguments["path"], context)
    diff = FileDiff(place.uri, document_at(place, context).text, None)
    request = Request(
        "delete_file", "delete", f"Delete {place.name}", canonical(arguments), (place.target("write"),), diffs=(diff,)
    )

    async def perform() -> ToolOutcome:
        await asyncio.to_thread(remove_file, place)
        return ToolOutcome(f"{place.name} was deleted.", diffs=(diff,))

    return Action(request, perform)


DELETE_FILE = Tool(
    "delete_file",
    "Delete a file of the project.",
    parameters(("path",), path=PATH),
    "delete",
    _prepare_delete,
)


async def _prepare_rename(arguments: Arguments, context: ToolContext) -> Action:
    place = _settled(arguments["path"], context)
    to = _free(arguments["new_path"], context)
    text = document_at(place, context).text
    diffs = (FileDiff(place.uri, text, None), FileDiff(to.uri, None, text))
    targets = (place.target("write"), to.target("write"))
    title = f"Rename {place.name} to {to.name}"
    request = Request("rename_file", "move", title, canonical(arguments), targets, diffs=diffs)

    async def perform() -> ToolOutcome:
        await asyncio.to_thread(rename_file, place, to)
        context.reads.note(to.uri, text)
        return ToolOutcome(f"{place.name} is now {to.name}.", locations=(Location(to.uri),), diffs=diffs)

    return Action(request, perform)


RENAME_FILE = Tool(
    "rename_file",
    "Rename or move a file of the project; nothing is overwritten, and nothing that refers to it is changed.",
    parameters(("path", "new_path"), path=PATH, new_path=PATH),
    "move",
    _prepare_rename,
)


def _free(path: str, context: ToolContext) -> Resolved:
    """Say where a new file would stand. Raises Unseen or EditRefused when none may stand there."""
    place = resolved(path, context)
    verdict = context.workspace.verdict(place.path.as_uri(), attached=True)
    if not verdict.allowed and place.place == "inside":
        raise Unseen(f"{place.name} is excluded: {verdict}")
    if place.identity or context.workspace.opened(place.path.as_uri()) is not None:
        raise EditRefused(f"{place.name} exists: read it, and use edit.", "exists")
    return place


def _settled(path: str, context: ToolContext) -> Resolved:
    """Say where a file stands that is as the person has it. Raises EditRefused when it has unsaved changes."""
    place = resolved(path, context)
    opened = context.workspace.opened(place.path.as_uri())
    if opened is not None and (not place.identity or _on_disk(place.real) != opened.text.encode("utf-8")):
        raise EditRefused(
            f"{place.name} has unsaved changes in the editor: ask the person to save it first.", "unsaved"
        )
    return place


def _on_disk(path: Path) -> bytes:
    # Compared and forgotten: what the model gets to see comes from the workspace.
    return path.read_bytes()
