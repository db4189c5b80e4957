"""Where a document defines a name, by tree-sitter or, where that would take too long, by how definitions are written.

To follow a name through a project, files are read that nobody has open; for most of them the words before and after
the name tell enough, a hundred times faster than a parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice

from context.imports import Import
from context.languages import LANGUAGES
from context.symbols import BLOCKS
from context.syntax import parse
from context.text import Document

# A text of more characters is not parsed: it would take a second.
PARSED_CHARACTERS = 300_000

# As far behind the start of its line a name may stand where it is defined.
_HEADER_CHARACTERS = 400

# A name is defined before it is used so often, or by no person.
_MOST_PLACES = 2_000

# What stands on the line before and after a name that is defined there at the top of a file, by language.
_JS_BEFORE = (
    r"(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+|async\s+|const\s+(?=enum))*"
    r"(?:function\s*\*?|class|interface|type|enum|namespace|const|let|var)\s+(?:[\w$,\s]*,\s*)?"
)
_FORMS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "python": (
        (r"(?:async\s+)?def\s+|class\s+|type\s+", r"\b"),
        (r"(?:\w+\s*,\s*)*", r"(?:[ \t]*,[ \t]*\w+)*[ \t]*(?::[^=\n]+)?=(?!=)"),
        (r"", r"\s*:\s*\w"),
    ),
    "javascript": ((_JS_BEFORE, r"(?![\w$])"), (r"(?:module\.)?exports\.", r"\s*=(?!=)")),
    "go": (
        (r"(?:func|type|var|const)\s+(?:\w+\s*,\s*)*", r"\b"),
        (r"func\s*\([^)]*\)\s*", r"\b"),
        (r"\t(?:\w+\s*,\s*)*", r"(?:[ \t]*,[ \t]*\w+)*[ \t]*(?:[\w.\[\]*]+[ \t]*)?="),
        (r"\t", r"[ \t]*(?://.*)?\r?\n"),
        (r"\t", r"[ \t]+(?:struct|interface|func)\b"),
    ),
    "rust": (
        (
            r"(?:pub(?:\([^)]*\))?\s+)?(?:default\s+|async\s+|unsafe\s+|extern\s+\"[^\"]*\"\s+|const\s+(?=fn|unsafe))*"
            r"(?:fn|struct|enum|union|trait|type|const|static(?:\s+mut)?|macro)\s+|macro_rules!\s*",
            r"\b",
        ),
        (r"(?:pub(?:\([^)]*\))?\s+)?mod\s+", r"\s*\{"),
    ),
    "java": (
        (
            r"\s*(?:[\w@]+\s+)*(?:class|interface|enum|record|object|fun(?:\s*<[^>]*>)?|val|var|typealias|trait|def)\s+",
            r"\b",
        ),
        (r"\s*(?:[\w@]+\s+)*fun\s+(?:<[^>]*>\s*)?[\w.<>?, ]+\.", r"\b"),
    ),
}
_LIKE = {"typescript": "javascript", "typescriptreact": "javascript", "kotlin": "java", "scala": "java"}
_COMPILED = {
    language: tuple((re.compile(before), re.compile(after)) for before, after in forms)
    for language, forms in _FORMS.items()
}

# For a language without forms of its own: a word that announces a definition, in most of them.
_ANY = (
    (
        re.compile(r"\s*(?:[\w@]+\s+)*?(?:def|class|func|fn|function|struct|interface|enum|trait|type|module)\s+"),
        re.compile(r"\b"),
    ),
)

_DEFAULT = re.compile(r"^[ \t]*(?:export\s+default\b|module\.exports\s*=|export\s*=)", re.MULTILINE)


def where(document: Document, name: str) -> int | None:
    """Give the line at which a document defines a name, None if it does not.

    The outermost definition counts, of several the first; "default" is what a module exports as such. Cached, so it
    costs little to ask for many names of one document.
    """
    if name == "default":
        match = _DEFAULT.search(document.text)
        return document.line_column(match.start())[0] if match else None
    if sum(map(len, document.lines)) <= PARSED_CHARACTERS:
        return _lines(document).get(name)
    at = offset_by_form(document.language_id, document.text, name)
    return document.line_column(at)[0] if at is not None else None


def offset_by_form(language_id: str, text: str, name: str) -> int | None:
    """Give the offset of a name where it is defined at the top of a text, told by how definitions are written."""
    forms = _COMPILED.get(family_id(language_id), _ANY)
    for at in islice(_places(text, name), _MOST_PLACES):
        first = max(0, at - _HEADER_CHARACTERS)
        start = max(text.rfind("\n", first, at), text.rfind("\r", first, at)) + 1
        if first and not start:
            continue  # far from the start of its line, as in what no person has written
        for before, after in forms:
            if before.fullmatch(text, start, at) and after.match(text, at + len(name)):
                return at
    return None


def mentions(text: str, name: str) -> bool:
    """Tell whether a name stands anywhere in a text, as a word of its own."""
    return next(_places(text, name), None) is not None


def family_id(language_id: str) -> str:
    """Give the id of the language whose ways another one follows: that of "typescript" is "javascript"."""
    row = LANGUAGES.get(language_id)
    own_id = row.id if row else language_id
    return _LIKE.get(own_id, own_id)


@lru_cache(256)
def imports_in(document: Document) -> tuple[Import, ...]:
    """Give what a document imports, read once for each text; nothing for one that is too long to be parsed."""
    if sum(map(len, document.lines)) > PARSED_CHARACTERS:
        return ()
    return tuple(parse(document).imports())


@lru_cache(64)
def _lines(document: Document) -> Mapping[str, int]:
    """Give the line of each name that a document defines."""
    found: dict[str, tuple[tuple[bool, bool, int], int]] = {}
    for symbol in parse(document).symbols():
        start = symbol.span.start
        rank = (bool(symbol.container), symbol.kind not in BLOCKS, start)
        if symbol.name not in found or rank < found[symbol.name][0]:
            found[symbol.name] = (rank, start)
    return {name: document.line_column(start)[0] for name, (_, start) in found.items()}


def _places(text: str, name: str) -> Iterator[int]:
    """Give the offsets at which a name stands as a word of its own."""
    at = text.find(name) if name else -1
    while at >= 0:
        end = at + len(name)
        if not _in_word(text, at - 1) and not _in_word(text, end):
            yield at
        at = text.find(name, end)


def _in_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] in "_$")
