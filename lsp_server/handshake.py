"""The answer to `initialize`, made without loading anything: what the server can do is a table.

The protocol library and its types take most of a server's start. An editor waits for this answer before it goes on,
so it is given first, and the rest is loaded while the editor prepares its next message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # for types alone: dataclasses cost more to load than the whole answer to make
    from context.text import Encoding

# JSON as it comes from a client: anything may be anything.
Json: TypeAlias = Any

COMMANDS = ("antiphon.completion.accepted", "antiphon.docstring", "antiphon.explain")

CODE_ACTION_KINDS = ("refactor.rewrite.antiphon.docstring", "antiphon.explain")

_ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")

_CAPABILITIES: dict[str, Json] = {
    "textDocumentSync": {"openClose": True, "change": 2, "save": False},
    # Every kind of notebook, with all its cells.
    "notebookDocumentSync": {"notebookSelector": [{"notebook": "*"}], "save": False},
    "codeActionProvider": {"codeActionKinds": list(CODE_ACTION_KINDS), "resolveProvider": False},
    "executeCommandProvider": {"commands": list(COMMANDS)},
    "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
    "experimental": {"antiphon": {"chat": True}},
}


# Not an empty object: Emacs Lisp reads that as false.
_AS_GHOST_TEXT: dict[str, Json] = {"inlineCompletionProvider": {"workDoneProgress": False}}

# Besides a word's letters, behind which an editor asks anyway: where the rest of a statement is wanted.
_TRIGGERS = [" ", "(", "[", "{", ",", ".", "=", ":"]
_IN_THE_POPUP: dict[str, Json] = {"completionProvider": {"triggerCharacters": _TRIGGERS, "resolveProvider": False}}


def shows_popup_only(params: Json) -> bool:
    """Tell whether a client knows a popup of completions and no ghost text; one that says neither may know it."""
    document = lookup(params, "capabilities", "textDocument")
    return lookup(document, "completion") is not None and lookup(document, "inlineCompletion") is None


def inserts_as_is(params: Json) -> bool:
    """Tell whether a client's popup can leave the indentation of a text as it is (InsertTextMode 1)."""
    item = lookup(params, "capabilities", "textDocument", "completion", "completionItem")
    modes = lookup(item, "insertTextModeSupport", "valueSet")
    return isinstance(modes, list) and 1 in modes


def encoding_for(params: Json) -> Encoding:
    """Choose the position encoding: the client's first that is known, UTF-16 when it names none (LSP 3.17)."""
    offered = lookup(params, "capabilities", "general", "positionEncodings")
    known = [encoding for encoding in offered if encoding in _ENCODINGS] if isinstance(offered, list) else []
    return known[0] if known else "utf-16"


def initialize_result(params: Json, version: str) -> dict[str, Json]:
    """Give the result of `initialize` for a client's params, whatever those look like."""
    # Never both: the person would see every suggestion twice.
    suggestions = _IN_THE_POPUP if shows_popup_only(params) else _AS_GHOST_TEXT
    return {
        "capabilities": {"positionEncoding": encoding_for(params), **suggestions, **_CAPABILITIES},
        "serverInfo": {"name": "antiphon", "version": version},
    }


def lookup(tree: Json, *path: str) -> Json:
    """Give what lies at a path of nested JSON objects; None when any step is missing."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree
