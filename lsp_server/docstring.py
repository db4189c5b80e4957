"""Places a docstring into Python code, and proves that nothing but the docstring has changed.

Its shape follows PEP 257 (https://peps.python.org/pep-0257/): triple double quotes, one line when one is enough, else
the closing quotes on a line of their own. What the text should say is left to others.
"""

from __future__ import annotations

import ast
import inspect
import re
import unicodedata
import warnings

from context.syntax import Symbol, Syntax
from context.text import Document, Span, TextEdit
from lsp_server.errors import EditRefused

# Up to the colon that ends a header: what follows it, in front of the body.
_AFTER_COLON = re.compile(r":(?:[ \t\f\r\n]|#[^\r\n]*+)*+\Z")
# Backslashes, and quotes that would end the literal: three together, or the text's last ones.
_NEEDS_ESCAPE = re.compile(r'\\|"{3,}|"+\Z')
_INDENT = re.compile(r"[ \t\f]*")
_NEWLINES = re.compile(r"\r\n|[\r\v\x1c-\x1e\x85\u2028\u2029]")
# Categories of characters that have no place in source text: controls, format marks that can hide or reorder what
# a reader sees (https://trojansource.codes), and halves of surrogate pairs.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs"})
_JOINERS = "\u200c\u200d"  # zero-width, yet needed in several scripts and in emoji

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def cleaned(text: str) -> str:
    """Give a text as `ast.get_docstring` will give it back.

    Lines end at "\\n", tabs and other white space become spaces, unprintable characters go, and so do common
    indentation, spaces at the end of lines, and empty lines at both ends.
    """
    text = _NEWLINES.sub("\n", text.expandtabs())
    text = "".join(map(_printable, text))
    text = inspect.cleandoc("\n".join(line.rstrip() for line in text.split("\n")))
    return inspect.cleandoc(text.strip())  # again, since an empty first line hid the second one's indentation


def place(syntax: Syntax, symbol: Symbol, text: str) -> TextEdit:
    """Give the edit that makes `text` the docstring of a function or class, in place of an older one.

    It stands directly under the header, indented as the body is, with the file's own line ends. A body on the
    header's line moves to a line of its own. Raises EditRefused when there is no text, or no place for it.
    """
    text = cleaned(text)
    if not text:
        raise EditRefused("There is no text for a docstring: try again.")
    document, eol = syntax.document, syntax.document.eol
    header = document.slice(symbol.header)
    before_body = header.rstrip(" \t\f")
    on_own_line = before_body.endswith(("\r", "\n"))
    indent = header[len(before_body) :] if on_own_line else _next_indent(document, symbol)
    literal = _literal(text, indent, eol)
    if symbol.docstring is not None:
        return TextEdit(symbol.docstring, literal)
    below = eol * 2 if symbol.kind == "class" else eol
    if not on_own_line:
        gap = Span(symbol.header.start + len(before_body), symbol.header.end)
        return TextEdit(gap, f"{eol}{indent}{literal}{below}{indent}")
    colon = _AFTER_COLON.search(header)
    if colon is None:
        raise EditRefused(f"There is no line for a docstring of {symbol.name}: begin its body on a line of its own.")
    line, _ = document.line_column(symbol.header.start + colon.start())
    start = document.line_start(line + 1)
    return TextEdit(Span(start, start), f"{indent}{literal}{below if document.content(line + 1).strip() else eol}")


def check(before: Syntax, after: Syntax, symbol: Symbol) -> None:
    """Prove that only the docstring of `symbol` (of `before`) differs, and that it is one.

    Raises EditRefused unless the text parses no worse than before, every token outside the docstring is the same,
    and, where Python's own parser reads both, the programs are equal but for docstrings.
    """
    documented = after.symbol_at(symbol.header.start)
    if documented is None or documented.name != symbol.name or documented.docstring is None:
        raise EditRefused(f"The docstring of {symbol.name} was not applied: it would not be read as one.")
    if after.error_count() > before.error_count():
        raise EditRefused(f"The docstring of {symbol.name} was not applied: the file would no longer parse.")
    same_tokens = list(before.leaves(symbol.docstring)) == list(after.leaves(documented.docstring))
    if not same_tokens or not _same_program(before.document.text, after.document.text):
        raise EditRefused(f"The docstring of {symbol.name} was not applied: it would change the code around it.")


def _printable(character: str) -> str:
    if character == "\n" or character in _JOINERS:
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in _UNPRINTABLE else character


def _literal(text: str, indent: str, eol: str) -> str:
    escaped = _NEEDS_ESCAPE.sub(lambda match: "".join(f"\\{character}" for character in match[0]), text)
    first, *rest = escaped.split("\n")
    if not rest:
        return f'"""{first}"""'
    return eol.join([f'"""{first}', *(indent + line if line else "" for line in rest), f'{indent}"""'])


def _next_indent(document: Document, symbol: Symbol) -> str:
    """Give the indentation of a body that has no line of its own yet: one level more than its header's."""
    line, _ = document.line_column(symbol.header.start)
    return _indent_of(document.lines[line]) + _unit_of(document)


def _indent_of(line: str) -> str:
    match = _INDENT.match(line)
    return match[0] if match else ""


def _unit_of(document: Document) -> str:
    """Give one level of indentation as the file has it: that of its first indented line, else four spaces."""
    indents = (_indent_of(line) for line in document.lines if line.strip())
    return next(filter(None, indents), "    ")


def _same_program(before: str, after: str) -> bool:
    """Compare two programs without their docstrings; true when Python's parser cannot read the first."""
    try:
        first = _program(before)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    try:
        return first == _program(after)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _program(text: str) -> str:
    with warnings.catch_warnings():
        # The code may hold what Python warns of ("\d"); that is its author's business, not ours.
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
