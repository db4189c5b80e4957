"""Addresses of what can go along with a question: URIs of files, and of everything that is no file.

| address | what it gives |
|---|---|
| `file:///p/a.py`, `…#L3`, `…#L3-L9` | a file, or lines of it with what is around them; also of any other scheme |
| `antiphon:symbol/NAME` | a whole definition; NAME may be qualified (`Cache.get`) |
| `antiphon:outline?uri=URI` | the tree of a folder, with what its files define; without a URI, of the conversation's |
| `antiphon:diagnostics?uri=URI` | what the editor reports about a file; without a URI, about all |
| `antiphon:diff`, `antiphon:diff/staged` | changes since the last commit, and those that the next one will take |
| `antiphon:search?q=WORDS` | the places in the project that hold the words |
| `antiphon:map` | the repository map |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from lsp_server.chat.attachment import Kind, Lines
from lsp_server.errors import AssistantError

SCHEME = "antiphon"

_FRAGMENT = re.compile(r"L(?P<first>[0-9]{1,9})(?:[-:]L?(?P<last>[0-9]{1,9}))?")

# Kinds by their path, and the field of the query that holds their value, "" for none.
_PATHS: dict[str, tuple[Kind, str]] = {
    "outline": ("outline", "uri"),
    "diagnostics": ("diagnostics", "uri"),
    "search": ("search", "q"),
    "diff": ("diff", ""),
    "diff/staged": ("staged", ""),
    "map": ("map", ""),
}
_URIS = {kind: (path, field) for path, (kind, field) in _PATHS.items()}
_SYMBOL = "symbol/"


@dataclass(frozen=True, slots=True)
class Address:
    """What can go along: its kind, and a URI (file, outline, diagnostics), a name (symbol) or words (search)."""

    kind: Kind
    value: str = ""
    lines: Lines | None = None

    @property
    def uri(self) -> str:
        """The address as a URI."""
        if self.kind == "file":
            return self.value + (f"#L{self.lines.first}-L{self.lines.last}" if self.lines else "")
        if self.kind == "symbol":
            return f"{SCHEME}:{_SYMBOL}{quote(self.value, safe='')}"
        path, field = _URIS[self.kind]
        return f"{SCHEME}:{path}" + (f"?{urlencode({field: self.value})}" if field and self.value else "")


def address_of(uri: str) -> Address:
    """Give the address that a URI is; what is not ours is a file. Raises AssistantError for one that means nothing."""
    if not uri.startswith(f"{SCHEME}:"):
        value, _, fragment = uri.partition("#")
        return Address("file", value, lines_of(fragment))
    parts = urlsplit(uri)
    if parts.path.startswith(_SYMBOL) and len(parts.path) > len(_SYMBOL):
        return Address("symbol", unquote(parts.path.removeprefix(_SYMBOL)))
    if parts.path not in _PATHS:
        raise AssistantError(f"{uri} is nothing that can be attached: take it off the question.")
    kind, field = _PATHS[parts.path]
    value = parse_qs(parts.query).get(field, [""])[0] if field else ""
    if kind == "search" and not value.strip():
        raise AssistantError("There is nothing to search for: name some words, as in @search:words.")
    return Address(kind, value)


def lines_of(fragment: str) -> Lines | None:
    """Read the lines of a fragment such as `L3-L9`; None when it names none."""
    match = _FRAGMENT.fullmatch(fragment)
    if match is None or int(match["first"]) == 0:
        return None
    first = int(match["first"])
    return Lines(first, max(first, int(match["last"] or first)))
