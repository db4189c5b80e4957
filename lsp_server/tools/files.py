"""The tools that read files and folders: the editor's unsaved text first, and nothing that is excluded."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from context.text import Document
from context.walk import Entry
from lsp_server.errors import AssistantError
from lsp_server.tools.output import MOST_LINES, capped
from lsp_server.tools.paths import Resolved, resolve
from lsp_server.tools.request import Request, canonical
from lsp_server.tools.tool import Action, Arguments, Location, Tool, ToolContext, ToolOutcome, parameters


class Unseen(AssistantError):
    """A file that cannot be shown; the message tells the model whether it is excluded or missing."""


def resolved(path: str, context: ToolContext) -> Resolved:
    """Say where a path of a call leads to. Raises PathRefused."""
    return resolve(path, context.folders, own=context.own_folders)


def excluded(place: Resolved, context: ToolContext) -> str:
    """Give why no model may see a file, "" when it may. What lies outside is shown when the person has approved it."""
    verdict = context.workspace.verdict(place.path.as_uri(), attached=place.place != "inside")
    return "" if verdict.allowed else f"excluded: {verdict}"


def document_at(place: Resolved, context: ToolContext) -> Document:
    """Give the text of a file as the person has it, saved or not. Raises Unseen."""
    why = excluded(place, context)
    if why:
        raise Unseen(f"{place.name} is {why}")
    found = context.workspace.document(place.path.as_uri(), attached=place.place != "inside")
    if found is not None:
        return found
    if place.real.is_dir():
        raise Unseen(f"{place.name} is a folder: list it with list_dir.")
    if place.identity:
        raise Unseen(f"{place.name} cannot be read as text.")
    raise Unseen(f"There is no file {place.name}: look for it with glob.")


async def _prepare_read(arguments: Arguments, context: ToolContext) -> Action:
    place = resolved(arguments["path"], context)
    target = place.target("read", excluded(place, context))
    request = Request("read_file", "read", f"Read {place.name}", canonical(arguments), (target,))
    first, limit = arguments.get("offset", 1), arguments.get("limit", MOST_LINES)

    async def perform() -> ToolOutcome:
        document = document_at(place, context)
        context.reads.note(place.uri, document.text)
        return ToolOutcome(_numbered(document, first, limit), locations=(Location(place.uri, first - 1),))

    return Action(request, perform)


def _numbered(document: Document, first: int, limit: int) -> str:
    lines = document.lines if document.lines[-1] else document.lines[:-1]
    if not lines:
        return "(The file is empty.)"
    if first > len(lines):
        return f"(The file has {len(lines)} lines.)"
    rows = enumerate(lines[first - 1 :], first)
    wanted = [f"{number:>6}\t{line}" for number, line in rows]
    shown = capped(wanted[:limit], first)
    last = min(first + limit - 1, len(lines))
    return shown if last == len(lines) or "left out" in shown[-80:] else f"{shown}… {len(lines) - last} more lines"


READ_FILE = Tool(
    "read_file",
    "Read a text file of the project, as the person has it now, saved or not. Lines are numbered from 1; the number and"
    " the tab after it are not part of the file. Long files come in parts: ask again with offset.",
    parameters(
        ("path",),
        path={"type": "string", "description": "from the workspace folder on, or absolute"},
        offset={"type": "integer", "minimum": 1, "description": "the first line, from 1"},
        limit={"type": "integer", "minimum": 1, "maximum": MOST_LINES, "description": "how many lines"},
    ),
    "read",
    _prepare_read,
)


async def _prepare_list(arguments: Arguments, context: ToolContext) -> Action:
    place = resolved(arguments.get("path", "."), context)
    request = Request("list_dir", "read", f"List {place.name}", canonical(arguments), (place.target("read"),))

    async def perform() -> ToolOutcome:
        return await asyncio.to_thread(_listed, place, context)

    return Action(request, perform)


def _listed(place: Resolved, context: ToolContext) -> ToolOutcome:
    if not place.real.is_dir():
        raise Unseen(f"There is no folder {place.name}." if not place.identity else f"{place.name} is no folder.")
    entries = context.workspace.listing(place.path)
    if entries is None:
        raise Unseen(f"{place.name} is excluded: no model may see it.")
    hidden = len(os.listdir(place.real)) - len(entries)
    lines = [_entry(each) for each in sorted(entries, key=lambda each: (not each.is_folder, each.path.name))]
    if hidden > 0:
        lines.append(f"({hidden} more excluded)\n")
    return ToolOutcome(capped(lines, more="list its folders one by one") or "(The folder is empty.)")


def _entry(entry: Entry) -> str:
    return f"{entry.path.name}/\n" if entry.is_folder else f"{entry.path.name}  {entry.size_bytes:,} bytes\n"


LIST_DIR = Tool(
    "list_dir",
    "List a folder: its folders, and its files with their sizes.",
    parameters(path={"type": "string", "description": 'from the workspace folder on; "." is that itself'}),
    "read",
    _prepare_list,
)


def short_name(path: Path, context: ToolContext) -> str:
    """Give a file's name for the model: from the innermost workspace folder on."""
    folders = [folder for folder in context.folders if path.is_relative_to(folder)]
    return path.relative_to(max(folders, key=lambda each: len(each.parts))).as_posix() if folders else str(path)


PATH: dict[str, Any] = {"type": "string", "description": "from the workspace folder on, or absolute"}
