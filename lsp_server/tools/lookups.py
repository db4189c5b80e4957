"""The tools that know code: definitions, uses and problems, from the project's index and from the editor."""

from __future__ import annotations

import re
from collections.abc import Sequence

from context.diagnostics import diagnostics_text
from context.text import Document
from context.workspace import path_of
from lsp_server.errors import AssistantError
from lsp_server.tools.files import PATH, document_at, resolved, short_name
from lsp_server.tools.output import capped, capped_text
from lsp_server.tools.request import Request, Target, canonical
from lsp_server.tools.search import Query, search, shown_hits
from lsp_server.tools.tool import (
    Action,
    Arguments,
    Definition,
    Location,
    Tool,
    ToolContext,
    ToolOutcome,
    parameters,
)

_DEADLINE_S = 2.0
_MOST = 50

_NAME = {"type": "string", "minLength": 1, "maxLength": 200, "description": "an identifier"}
_PLACE = {
    "path": PATH,
    "line": {"type": "integer", "minimum": 1, "description": "a line on which the name stands, from 1"},
}


class NoIndex(AssistantError):
    """There is nothing that could answer; the message tells the model what to use instead."""


async def _prepare_symbols(arguments: Arguments, context: ToolContext) -> Action:
    path, name = arguments.get("path"), arguments.get("name")
    targets: tuple[Target, ...] = (resolved(path, context).target("read"),) if path else ()
    request = Request("symbols", "search", f"Symbols of {path or name}", canonical(arguments), targets)

    async def perform() -> ToolOutcome:
        if context.index is None:
            raise NoIndex("The project is not indexed: use grep.")
        if path:
            place = resolved(path, context)
            document_at(place, context)
            return _told(await context.index.outline(place.real), context, "No definition is known in this file.")
        if not name:
            raise NoIndex("Give the path of a file, or the name of what is defined.")
        return await _defined(name, context)

    return Action(request, perform)


async def _defined(name: str, context: ToolContext) -> ToolOutcome:
    if context.index is None:
        raise NoIndex("The project is not indexed: use grep.")
    found = await context.index.symbols([name], deadline_s=_DEADLINE_S, limit=_MOST)
    seen = [each for each in found if context.workspace.verdict(each.path.as_uri()).allowed]
    return _told(seen, context, f"No definition of {name} is known: try grep.")


def _told(found: Sequence[Definition], context: ToolContext, nothing: str) -> ToolOutcome:
    lines = [
        f"{short_name(each.path, context)}:{each.line + 1}: {each.kind} "
        f"{each.container + '.' if each.container else ''}{each.name}  {each.signature}\n"
        for each in found
    ]
    places = tuple(Location(each.path.as_uri(), each.line) for each in found)
    return ToolOutcome(capped(lines, more="ask for a name") or nothing, locations=places)


SYMBOLS = Tool(
    "symbols",
    "List the definitions of a file in order (path), or all definitions of a name in the project (name).",
    parameters(path=PATH, name=_NAME),
    "search",
    _prepare_symbols,
)


def _offset(arguments: Arguments, document: Document) -> int | None:
    """Give where a name stands on a line; None when it does not."""
    line = arguments.get("line", 0) - 1
    if not 0 <= line < len(document.lines):
        return None
    found = re.search(rf"(?<!\w){re.escape(arguments['name'])}(?!\w)", document.lines[line])
    return document.line_start(line) + found.start() if found else None


async def _by_editor(which: str, arguments: Arguments, context: ToolContext) -> ToolOutcome | None:
    """Ask the editor, when it offers that and the call says where the name stands; None when it cannot tell."""
    if context.lookups is None or "path" not in arguments:
        return None
    document = document_at(resolved(arguments["path"], context), context)
    offset = _offset(arguments, document)
    if offset is None:
        return None
    places = await getattr(context.lookups, which)(document, offset)
    if places is None:
        return None
    seen = [each for each in places if context.workspace.verdict(each.uri).allowed]
    lines = [f"{_line_at(each, context)}\n" for each in seen]
    return ToolOutcome(capped(lines, more="ask more exactly") or "The editor knows none.", locations=tuple(seen))


def _line_at(place: Location, context: ToolContext) -> str:
    path, line = path_of(place.uri), place.line or 0
    document = context.workspace.document(place.uri)
    text = document.content(line).strip() if document and line < len(document.lines) else ""
    return f"{short_name(path, context) if path else place.uri}:{line + 1}: {text}"


async def _prepare_definition(arguments: Arguments, context: ToolContext) -> Action:
    request = Request("definition", "search", f"Definition of {arguments['name']}", canonical(arguments))

    async def perform() -> ToolOutcome:
        return await _by_editor("definition", arguments, context) or await _defined(arguments["name"], context)

    return Action(request, perform)


async def _prepare_references(arguments: Arguments, context: ToolContext) -> Action:
    name = arguments["name"]
    request = Request("references", "search", f"Uses of {name}", canonical(arguments))

    async def perform() -> ToolOutcome:
        told = await _by_editor("references", arguments, context)
        if told is not None:
            return told
        word = rf"(?<!\w){re.escape(name)}(?!\w)"
        hits, stopped = await search(Query(word), context)
        return shown_hits(hits, stopped, context)

    return Action(request, perform)


DEFINITION = Tool(
    "definition",
    "Find where a name is defined. With path and line of a use, the editor's own language server is asked first.",
    parameters(("name",), name=_NAME, **_PLACE),
    "search",
    _prepare_definition,
)

REFERENCES = Tool(
    "references",
    "Find where a name is used. With path and line of a use, the editor's own language server is asked first; without,"
    " all lines that hold the word are given.",
    parameters(("name",), name=_NAME, **_PLACE),
    "search",
    _prepare_references,
)


async def _prepare_diagnostics(arguments: Arguments, context: ToolContext) -> Action:
    place = resolved(arguments["path"], context)
    title = f"Problems of {place.name}"
    request = Request("diagnostics", "read", title, canonical(arguments), (place.target("read"),))

    async def perform() -> ToolOutcome:
        if context.diagnostics is None:
            raise NoIndex("This editor does not tell its diagnostics: run the tests or a linter instead.")
        document = document_at(place, context)
        texts = diagnostics_text(
            context.diagnostics(document.uri),
            document,
            lambda uri: short_name(path, context) if (path := path_of(uri)) else uri,
            lambda uri: context.workspace.verdict(uri).allowed,
        )
        return ToolOutcome(
            capped_text("\n".join(texts), more="mend these first") or "The editor knows no problem here."
        )

    return Action(request, perform)


DIAGNOSTICS = Tool(
    "diagnostics",
    "Give the errors and warnings that the editor shows for a file.",
    parameters(("path",), path=PATH),
    "read",
    _prepare_diagnostics,
)
