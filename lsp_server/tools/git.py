"""The tools that ask git: what has changed, and what happened before.

A repository's own settings can name programs for nearly everything that git does; none of them is run. Nothing is
written, fetched or asked for, and the files that no model may see are left out of every patch.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from context.git_diff import DiffError, git_diff
from context.patch import FilePatch
from lsp_server.errors import AssistantError
from lsp_server.tools.environment import lies_within, program, scrubbed
from lsp_server.tools.files import PATH, resolved
from lsp_server.tools.output import capped_text
from lsp_server.tools.process import run_process
from lsp_server.tools.request import Request, canonical
from lsp_server.tools.tool import Action, Arguments, Tool, ToolContext, ToolOutcome, parameters

_TIMEOUT_S = 20.0

# The arguments of a command have a limit.
_MOST_FILES = 200

_SAFE = (
    *("--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    *(
        "-c",
        "diff.external=",
        "-c",
        "core.attributesFile=",
        "-c",
        "core.quotePath=false",
        "-c",
        "log.showSignature=false",
    ),
    *("-c", "safe.bareRepository=explicit", "-c", "protocol.allow=never", "-c", "core.alternateRefsCommand="),
    *("-c", "submodule.recurse=false", "-c", "status.submoduleSummary=false", "-c", "log.mailmap=false"),
)
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "LC_ALL": "C",
}
_PATCH = (
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--ignore-submodules=all",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
_FILTERS = r"^filter\..*\.(clean|smudge|process|required)$"

# A name of a commit; what could be an option, a range of everything, or a file within a commit, is none.
_REVISION = re.compile(r"[A-Za-z0-9_][\w./+-]*(?:[~^][0-9]*|@\{[0-9]+\})*(?:\.{2,3}[A-Za-z0-9_][\w./+~^-]*)?")


class GitRefused(AssistantError):
    """git cannot tell; the message says why."""


async def _git(
    context: ToolContext, *arguments: str, settings: Mapping[str, str] | None = None, folder: Path | None = None
) -> str:
    """Run git in a folder, or in the first of the workspace, and give what it prints. Raises GitRefused."""
    if not context.folders:
        raise GitRefused("There is no workspace folder that could be a repository.")
    environment = scrubbed(context.environment)
    git = program("git", environment)
    if not git or lies_within(git, context.folders):
        raise GitRefused("git is not installed here.")
    ended = await run_process(
        (git, *_SAFE, *arguments),
        folder=folder or context.folders[0],
        environment=environment | _ENVIRONMENT | dict(settings or {}),
        timeout_s=_TIMEOUT_S,
        errors=False,
    )
    if ended.code != 0:
        raise GitRefused(f"git {arguments[0]} failed: is {context.folders[0].name} a repository that has this?")
    return ended.output


async def _without_filters(context: ToolContext) -> dict[str, str]:
    """Give the settings that switch off every filter of the repository: git would run them on changed files."""
    try:
        names = await _git(context, "config", "--name-only", "--get-regexp", _FILTERS)
    except GitRefused:
        return {}  # there are none
    keys = dict(enumerate(sorted(set(names.split("\n")) - {""})))
    named = {f"GIT_CONFIG_KEY_{at}": name for at, name in keys.items()}
    return {"GIT_CONFIG_COUNT": str(len(keys)), **named, **{f"GIT_CONFIG_VALUE_{at}": "" for at in keys}}


async def _status(arguments: Arguments, context: ToolContext) -> str:
    settings = await _without_filters(context)
    words = ("status", "--short", "--branch", "--ignore-submodules=all", "--untracked-files=normal")
    return await _git(context, *words, settings=settings)


async def _diff(arguments: Arguments, context: ToolContext) -> str:
    try:
        found = await git_diff(
            context.folders[0] if context.folders else Path(os.devnull),
            staged=arguments.get("staged", False),
            visible=lambda path: context.workspace.verdict(path.as_uri()).allowed,
            timeout_s=_TIMEOUT_S,
        )
    except DiffError as error:
        raise GitRefused(str(error)) from error
    left_out = [
        f"({found.excluded} changed files are excluded)" if found.excluded else "",
        f"({found.left_out} more changed files are left out)" if found.left_out else "",
    ]
    return "\n".join([*map(_text, found.files), *filter(None, left_out)])


async def _log(arguments: Arguments, context: ToolContext) -> str:
    words = [
        "log",
        "--no-color",
        "--date=short",
        "--format=%h %ad %an: %s",
        f"--max-count={arguments.get('count', 20)}",
    ]
    revision = _revisions(arguments)
    paths = [str(resolved(arguments["path"], context).real)] if "path" in arguments else []
    return await _git(context, *words, "--end-of-options", *revision, "--", *paths)


async def _show(arguments: Arguments, context: ToolContext) -> str:
    revision = _revisions(arguments) or ["HEAD"]
    # A commit and nothing else: the name of a file's content would show it whatever the rules are.
    commit = (
        await _git(context, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision[0]}^{{commit}}")
    ).strip()
    head = await _git(context, "show", "--no-patch", "--no-color", "--format=commit %H%n%an, %ad%n%n%B", commit)
    settings = await _without_filters(context)
    top = Path((await _git(context, "rev-parse", "--show-toplevel")).rstrip("\r\n"))
    words = ("diff-tree", "-r", "-m", "--root", "--first-parent", "--no-commit-id", *_PATCH)
    names = await _git(context, *words, "--no-renames", "--name-only", "-z", commit, settings=settings)
    changed = [name for name in names.split("\0") if name]
    seen = [name for name in changed if context.workspace.verdict((top / name).as_uri()).allowed]
    note = f"({len(changed) - len(seen)} files of this commit are excluded)" if len(seen) < len(changed) else ""
    if not seen:
        return f"{head}\n{note}"
    patch = await _git(context, *words, "--patch", commit, "--", *seen[:_MOST_FILES], settings=settings, folder=top)
    return "\n".join((head, patch, note))


def _text(file: FilePatch) -> str:
    return "".join((file.header, *file.hunks))


def _revisions(arguments: Arguments) -> list[str]:
    revision = arguments.get("revision")
    if revision is None:
        return []
    if not _REVISION.fullmatch(revision):
        raise GitRefused(f"{revision!r} is no plain name of a commit: use a hash, a branch, or HEAD~1.")
    return [revision]


def _tool(
    name: str,
    title: str,
    description: str,
    ask: Callable[[Arguments, ToolContext], Awaitable[str]],
    **words: Mapping[str, Any],
) -> Tool:
    async def prepare(arguments: Arguments, context: ToolContext) -> Action:
        async def perform() -> ToolOutcome:
            text = await ask(arguments, context)
            return ToolOutcome(capped_text(text, more="ask for less") or "git says nothing.")

        return Action(Request(name, "read", title, canonical(arguments)), perform)

    return Tool(name, description, parameters((), **words), "read", prepare)


_WHICH = {"type": "string", "maxLength": 200, "description": "a commit: a hash, a branch, HEAD~1"}
_COUNT = {"type": "integer", "minimum": 1, "maximum": 200, "description": "how many; 20 if left out"}

GIT_STATUS = _tool("git_status", "git status", "Tell which files have changed, and the branch.", _status)
GIT_DIFF = _tool(
    "git_diff",
    "git diff",
    "Show what has changed since the last commit, or what is staged for the next one.",
    _diff,
    staged={"type": "boolean"},
)
GIT_LOG = _tool(
    "git_log",
    "git log",
    "List commits, the newest first, of all or of a file.",
    _log,
    path=PATH,
    revision=_WHICH,
    count=_COUNT,
)
GIT_SHOW = _tool("git_show", "git show", "Show a commit with its changes; HEAD if left out.", _show, revision=_WHICH)
