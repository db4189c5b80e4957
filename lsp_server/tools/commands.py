"""Reads a command line as bash would, and gives up as soon as it cannot be told what would run.

The text is parsed with bash's grammar, and only what is listed here is understood: plain words and quoted strings,
pipes, `&&`, `||` and `;`, and output that is thrown away. Everything else is a doubt, and who doubts asks. Since a
grammar and a shell may read a text differently, `shlex` must come to the same words, or that is a doubt too.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import tree_sitter

from context.grammars import grammar

MOST_CHARACTERS = 10_000

# An unquoted word that every shell takes for itself: nothing in it is expanded, globbed or an operator.
_PLAIN = re.compile(r"[\w@%+=:,./^-][\w@%+=:,./^~-]*")
_DISCARDING = re.compile(r"(?:[12]?>>?|&>)\s*/dev/null|2>&1|1>&2|<\s*/dev/null")
_JOINING = ("&&", "||", ";", "|")

# Nodes of the grammar that are doubts, and why.
_DOUBTS = {
    "ERROR": "it cannot be parsed",
    "ansi_c_string": "it has $'…' strings",
    "arithmetic_expansion": "it computes",
    "brace_expression": "it expands braces",
    "c_style_for_statement": "it has a loop",
    "case_statement": "it has a case statement",
    "command_substitution": "it runs a command within another",
    "comment": "it has a comment",
    "compound_statement": "it groups commands",
    "declaration_command": "it declares variables",
    "expansion": "it expands variables",
    "file_redirect": "it redirects to or from files",
    "for_statement": "it has a loop",
    "function_definition": "it defines a function",
    "heredoc_redirect": "it has a here-document",
    "herestring_redirect": "it has a here-string",
    "if_statement": "it has an if statement",
    "negated_command": "it negates a command",
    "process_substitution": "it runs a command within another",
    "simple_expansion": "it expands variables",
    "subshell": "it runs a subshell",
    "test_command": "it has a test",
    "translated_string": 'it has $"…" strings',
    "unset_command": "it unsets variables",
    "variable_assignment": "it sets variables for a command",
    "while_statement": "it has a loop",
}

# Programs whose purpose is to run others, or text as a program.
WRAPPERS = frozenset(
    (
        *("sudo", "doas", "su", "runuser", "pkexec", "env", "xargs", "parallel", "timeout", "nice", "ionice", "nohup"),
        *(
            "setsid",
            "stdbuf",
            "time",
            "watch",
            "script",
            "unbuffer",
            "chroot",
            "unshare",
            "nsenter",
            "flock",
            "taskset",
        ),
        *(
            "sh",
            "bash",
            "dash",
            "zsh",
            "ksh",
            "fish",
            "csh",
            "tcsh",
            "busybox",
            "eval",
            "exec",
            "source",
            ".",
            "command",
        ),
        *("builtin", "coproc", "trap", "alias", "ssh", "docker", "podman", "kubectl", "strace", "ltrace", "gdb"),
    )
)


@dataclass(frozen=True, slots=True)
class Script:
    """A command line. `argvs` are its simple commands, as far as they are known; without a `doubt`, all of them.

    `joined` are the operators between them, in order. `discards` tells that some output is thrown away.
    """

    text: str
    argvs: tuple[tuple[str, ...], ...] = ()
    joined: tuple[str, ...] = ()
    discards: bool = False
    doubt: str = ""

    @property
    def needs_shell(self) -> bool:
        """Whether it is more than one program with its arguments."""
        return bool(self.doubt) or self.discards or len(self.argvs) != 1


def parse_command(text: str) -> Script:
    """Give the simple commands of a command line, or the reason why it cannot be told what it does."""
    text = text.strip(" \n")
    doubt = _unreadable(text)
    if doubt:
        return Script(text, doubt=doubt)
    root = _parser().parse(text.encode("utf-8")).root_node
    reading = _Reading()
    try:
        reading.statement(root)
        _same_words(text, reading.tokens)
        if not reading.argvs:
            raise _Doubt("it runs nothing")
    except _Doubt as found:
        return Script(text, tuple(_every_argv(root)), doubt=str(found))
    return Script(text, tuple(reading.argvs), tuple(reading.joined), reading.discards)


def unwrapped(argv: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Give a simple command and, behind every wrapper's words, what it may run: for rules that deny."""
    for at in range(len(argv)):
        if at == 0 or any(_name(word) in WRAPPERS for word in argv[:at]):
            yield (_name(argv[at]), *argv[at + 1 :])
    for word in argv[1:]:
        if " " in word:
            for inner in parse_command(word).argvs:
                yield from unwrapped(inner)


class _Doubt(Exception):
    """It cannot be told what would run; the message says why."""


@dataclass(slots=True)
class _Reading:
    """What was read so far; `tokens` are all words in order, those of redirections too, operators not."""

    argvs: list[tuple[str, ...]] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    discards: bool = False

    def statement(self, node: tree_sitter.Node) -> None:
        """Read a whole text, a list, a pipeline, or a command."""
        match node.type:
            case "program" | "list" | "pipeline":
                for child in node.children:
                    self.statement(child)
            case "redirected_statement":
                self._redirected(node)
            case "command":
                self._command(node)
            case operator if operator in _JOINING and not node.is_missing:
                self.joined.append(operator)
            case "|&" | "&":
                raise _Doubt({"&": "it runs in the background"}.get(node.type, "it joins both outputs"))
            case _:
                raise _Doubt(_why(node))

    def _redirected(self, node: tree_sitter.Node) -> None:
        for child in node.children:
            if child.type != "file_redirect":
                self.statement(child)
            elif _DISCARDING.fullmatch(_text(child)):
                self.discards = True
                self.tokens += _shell_words(_text(child))
            else:
                raise _Doubt(_why(child))

    def _command(self, node: tree_sitter.Node) -> None:
        if node.is_missing or any(child.type not in ("command_name", *_WORDS) for child in node.children):
            raise _Doubt(next((_why(each) for each in node.children if each.type not in ("command_name", *_WORDS)), ""))
        words = tuple(_word(child.children[0] if child.type == "command_name" else child) for child in node.children)
        if "=" in words[0] or not words[0] or not _PLAIN.fullmatch(_text(node.children[0])):
            raise _Doubt("its first word is not the plain name of a program")
        self.argvs.append(words)
        self.tokens += words


def _word(node: tree_sitter.Node) -> str:
    """Give what a word is once its quotes are gone. Raises _Doubt when a shell would do more with it."""
    if node.is_missing or node.has_error:
        raise _Doubt(_DOUBTS["ERROR"])
    text = _text(node)
    match node.type:
        case "word" | "number":
            if not _PLAIN.fullmatch(text):
                raise _Doubt(_expanded(text))
            return text
        case "raw_string":
            return text[1:-1]
        case "string":
            return _double_quoted(node, text)
        case "concatenation":
            parts = node.children
            if any(a.end_byte != b.start_byte for a, b in pairwise(parts)):
                raise _Doubt(_DOUBTS["ERROR"])
            return "".join(map(_word, parts))
        case _:
            raise _Doubt(_why(node))


_WORDS = ("word", "number", "raw_string", "string", "concatenation")


def _double_quoted(node: tree_sitter.Node, text: str) -> str:
    for child in node.named_children:
        if child.type != "string_content":
            raise _Doubt(_why(child))
    inner = text[1:-1]
    if re.search(r"[$`!]", inner):
        raise _Doubt(_DOUBTS["simple_expansion"])
    return re.sub(r'\\([\\"])', r"\1", inner)


def _expanded(text: str) -> str:
    """Say what a shell would do with an unquoted word that is not plain."""
    if re.search(r"[*?\[\]]", text):
        return "it names files by a pattern"
    if re.search(r"[{}]", text):
        return _DOUBTS["brace_expression"]
    if text.startswith("~"):
        return 'it has a "~"'
    return "it has characters that a shell reads in its own way"


def _why(node: tree_sitter.Node) -> str:
    if node.is_missing or node.type not in _DOUBTS:
        return f"it has more than plain commands ({node.type})"
    return _DOUBTS[node.type]


def _unreadable(text: str) -> str:
    """Say why a text is not even parsed."""
    if not text.strip():
        return "it is empty"
    if len(text) > MOST_CHARACTERS:
        return f"it is longer than {MOST_CHARACTERS:,} characters"
    if "\n" in text or "\r" in text:
        return "it has several lines"
    if any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Co") for each in text):
        return "it holds characters that cannot be seen"
    if any(each.isspace() and each != " " for each in text):
        return "it holds blanks that are no spaces"
    return ""


def _same_words(text: str, tokens: Sequence[str]) -> None:
    if [word for word in _shell_words(text) if not _is_operator(word)] != [
        word for word in tokens if not _is_operator(word)
    ]:
        raise _Doubt("it can be read in two ways")


def _shell_words(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.commenters = ""
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError as error:
        raise _Doubt(_DOUBTS["ERROR"]) from error


def _is_operator(word: str) -> bool:
    return bool(word) and set(word) <= set("();<>|&")


def _every_argv(node: tree_sitter.Node) -> Iterator[tuple[str, ...]]:
    """Give whatever looks like a command anywhere in a text that is not understood: for rules that deny."""
    if node.type == "command":
        words = [_text(child) for child in node.named_children if child.type != "variable_assignment"]
        yield tuple(word.strip("\"'").replace("\\", "") for word in words)
    for child in node.named_children:
        yield from _every_argv(child)


def _name(word: str) -> str:
    return word.rsplit("/", 1)[-1]


def _text(node: tree_sitter.Node) -> str:
    assert node.text is not None
    return node.text.decode("utf-8")


@cache
def _parser() -> tree_sitter.Parser:
    found = grammar("shellscript")
    assert found is not None
    return tree_sitter.Parser(found.language)
