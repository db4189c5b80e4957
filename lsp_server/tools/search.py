"""The tools that look for files by name and for text in them, among what a model may see."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from context.folders import holds
from lsp_server.errors import AssistantError
from lsp_server.tools.files import resolved, short_name
from lsp_server.tools.grep import Hit, files_with, grep_texts, ripgrep_program
from lsp_server.tools.output import capped
from lsp_server.tools.paths import Resolved
from lsp_server.tools.request import Request, Target, canonical
from lsp_server.tools.tool import Action, Arguments, Location, Tool, ToolContext, ToolOutcome, parameters

_MOST_FILES = 1_000
_MOST_HITS = 500
_MOST_SHOWN = 300
_TIMEOUT_S = 20.0


class SearchRefused(AssistantError):
    """A search that cannot be made; the message tells the model why."""


async def _prepare_glob(arguments: Arguments, context: ToolContext) -> Action:
    place = resolved(arguments["folder"], context) if "folder" in arguments else None
    wanted = _spec(arguments["pattern"])
    request = Request("glob", "search", arguments["pattern"], canonical(arguments), _targets(place))

    async def perform() -> ToolOutcome:
        found = await asyncio.to_thread(list, _files(place, wanted, context))
        names = sorted(short_name(path, context) + "\n" for path in found)
        shown = names[:_MOST_FILES]
        more = f"… {len(names) - len(shown)} more: narrow the pattern\n" if len(shown) < len(names) else ""
        return ToolOutcome(capped(shown, more="narrow the pattern") + more or "No file has such a name.")

    return Action(request, perform)


def _spec(pattern: str) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines([pattern])
    except ValueError as error:
        raise SearchRefused(f"The pattern {pattern!r} is not understood: write it as in **/*.py.") from error


def _targets(place: Resolved | None) -> tuple[Target, ...]:
    return (place.target("read"),) if place else ()


def _files(place: Resolved | None, wanted: GitIgnoreSpec | None, context: ToolContext) -> Iterator[Path]:
    """Give the files below a folder (None: all), or the file itself, that may be seen by name."""
    for path in context.workspace.files():
        if place is None:
            name = short_name(path, context)
        else:
            base = next((base for base in (place.path, place.real) if holds(base, path)), None)
            if base is None:
                continue
            name = path.relative_to(base).as_posix() if path != base else path.name
        if wanted is None or wanted.match_file(name):
            yield path


GLOB = Tool(
    "glob",
    "Find files by name: *.py anywhere, src/**/*.ts below src. Excluded files are left out.",
    parameters(
        ("pattern",),
        pattern={"type": "string", "minLength": 1, "maxLength": 500},
        folder={"type": "string", "description": "where to look; the workspace folder if left out"},
    ),
    "search",
    _prepare_glob,
)


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, and where: in `place` (None: everywhere), and there in the files that `wanted` names."""

    pattern: str
    ignore_case: bool = False
    place: Resolved | None = None
    wanted: GitIgnoreSpec | None = None


async def _prepare_grep(arguments: Arguments, context: ToolContext) -> Action:
    pattern = arguments["pattern"]
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise SearchRefused(f"{pattern!r} is no regular expression of Python ({error}): mend it.") from error
    place = resolved(arguments["path"], context) if "path" in arguments else None
    wanted = _spec(arguments["files"]) if "files" in arguments else None
    query = Query(pattern, arguments.get("ignore_case", False), place, wanted)
    request = Request("grep", "search", f"Search {pattern}", canonical(arguments), _targets(place))

    async def perform() -> ToolOutcome:
        hits, stopped = await search(query, context)
        return shown_hits(hits, stopped, context)

    return Action(request, perform)


async def search(query: Query, context: ToolContext) -> tuple[list[Hit], str]:
    """Give the lines that fit, at most so many, and a sentence when the search was not finished, "" when it was."""
    worth: set[str] | None = None
    program = ripgrep_program(context.environment, context.folders)
    if program:
        where = [query.place.real] if query.place else context.folders
        worth = await files_with(program, query.pattern, query.ignore_case, where, _TIMEOUT_S)
    paths = await asyncio.to_thread(_worth_reading, query, worth, context)
    texts = ((str(path), document.text) for path in paths if (document := context.workspace.document(path.as_uri())))
    return await grep_texts(query.pattern, query.ignore_case, texts, _TIMEOUT_S, _MOST_HITS)


def _worth_reading(query: Query, worth: set[str] | None, context: ToolContext) -> list[Path]:
    """Give the files to look into: those found on disk, and those that are open, which may differ from the disk."""
    paths = list(_files(query.place, query.wanted, context))
    if worth is None:
        return paths
    reals = {os.path.realpath(name) for name in worth}
    opened = context.workspace.opened
    return [path for path in paths if os.path.realpath(path) in reals or opened(path.as_uri()) is not None]


def shown_hits(hits: Sequence[Hit], stopped: str, context: ToolContext) -> ToolOutcome:
    """Give hits as `file:line: text`, with what stopped the search."""
    lines = [
        f"{short_name(Path(hit.name), context)}:{hit.line + 1}: {hit.text.strip()[:_MOST_SHOWN]}\n" for hit in hits
    ]
    places = tuple(Location(Path(hit.name).as_uri(), hit.line) for hit in hits)
    text = capped(lines, more="narrow the pattern or the path") or "No line fits."
    if len(hits) >= _MOST_HITS:
        stopped = f"There may be more than {_MOST_HITS} hits: narrow the pattern or the path."
    return ToolOutcome(f"{text}\n{stopped}".rstrip() + "\n" if stopped else text, locations=places)


GREP = Tool(
    "grep",
    "Find the lines that fit a regular expression (Python's), as the person has the files now. Excluded files are left"
    " out.",
    parameters(
        ("pattern",),
        pattern={"type": "string", "minLength": 1, "maxLength": 1_000},
        path={"type": "string", "description": "a folder or file; the workspace folder if left out"},
        files={"type": "string", "maxLength": 500, "description": "only files of such names, as *.py or src/**/*.ts"},
        ignore_case={"type": "boolean"},
    ),
    "search",
    _prepare_grep,
)
