"""Fill-in-the-middle: the ways to ask for the text at a cursor, and the templates of the model families."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from context.gather import CompletionContext
from context.languages import LANGUAGES
from context.text import split_lines
from lsp_server.config import FimWay
from lsp_server.models.messages import FileText, FimRequest

_TOKEN = re.compile(r"<[^<>\s]+>|\[(?:PREFIX|SUFFIX|MIDDLE)\]")


@dataclass(frozen=True, slots=True)
class Template:
    """How a family of models was trained to see a hole; `{prefix}` and `{suffix}` stand for the text around it.

    `project` is the same with other files, where a family was trained with them: `{files}` stands for each of them in
    the form of `file`, whose text ends with a line feed, `{repository}` and `{name}` for the names of the project and
    of the file with the hole. Other families are shown other files as comments. `tokenizer` is a row of the estimates.
    """

    text: str
    stop: tuple[str, ...]
    project: str = ""
    file: str = ""
    tokenizer: str = "large"

    @property
    def reserved(self) -> tuple[str, ...]:
        """The tokens that must not stand in a person's text."""
        return tuple(dict.fromkeys((*_TOKEN.findall(self.text + self.project + self.file), *self.stop)))


_FIM_STOPS = ("<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<|im_end|>")
_PIPED = "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>"
_PLAIN = "<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>"

# Tokens and forms as the models' papers and cards give them. Codestral, Seed-Coder and Mellum want the suffix first;
# then all that comes before the cursor is the end of the prompt, and a key leaves its beginning as it was.
TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "qwen": Template(
            _PIPED,
            _FIM_STOPS,
            "<|repo_name|>{repository}\n{files}<|file_sep|>{name}\n" + _PIPED,
            "<|file_sep|>{name}\n{text}",
        ),
        "granite": Template(_PIPED, ("<|end_of_text|>", "<|fim_pad|>"), tokenizer="small"),
        "codegemma": Template(
            _PIPED,
            ("<|file_separator|>", "<end_of_turn>", "<eos>"),
            "{files}{name}\n" + _PIPED,
            "{name}\n{text}<|file_separator|>",
        ),
        "starcoder": Template(_PLAIN, ("<|endoftext|>", "<file_sep>"), tokenizer="small"),
        "starcoder2": Template(
            _PLAIN,
            ("<|endoftext|>", "<file_sep>"),
            "<repo_name>{repository}{files}<file_sep><fim_prefix>{name}\n{prefix}<fim_suffix>{suffix}<fim_middle>",
            "<file_sep>{name}\n{text}",
            "small",
        ),
        "codellama": Template("<PRE> {prefix} <SUF>{suffix} <MID>", ("<EOT>",), tokenizer="small"),
        "deepseek": Template(
            "<｜fim▁begin｜>{prefix}<｜fim▁hole｜>{suffix}<｜fim▁end｜>",
            ("<｜end▁of▁sentence｜>",),
            "<｜fim▁begin｜>{files}#{name}\n{prefix}<｜fim▁hole｜>{suffix}<｜fim▁end｜>",
            "#{name}\n{text}",
            "larger",
        ),
        "codestral": Template(
            "[SUFFIX]{suffix}[PREFIX]{prefix}",
            ("[PREFIX]", "[SUFFIX]", "\n+++++ "),
            "[SUFFIX]{suffix}[PREFIX]{files}+++++ {name}\n{prefix}",
            "+++++ {name}\n{text}\n",
            "small",
        ),
        "seed": Template("<[fim-suffix]>{suffix}<[fim-prefix]>{prefix}<[fim-middle]>", ("<[end▁of▁sentence]>",)),
        "mellum": Template(
            "<fim_suffix>{suffix}<fim_prefix>{prefix}<fim_middle>",
            ("<|endoftext|>", "<filename>"),
            "{files}<filename>{name}\n<fim_suffix>{suffix}<fim_prefix>{prefix}<fim_middle>",
            "<filename>{name}\n{text}",
            "small",
        ),
        "glm": Template("<|code_prefix|>{prefix}<|code_suffix|>{suffix}<|code_middle|>", ("<|user|>", "<|endoftext|>")),
    }
)

# The names of what is no code.
_NO_CODE = (".diff", ".txt")

# What an instruct model likes to begin with and what is never code in the middle of a file.
_FENCE = "```"


@dataclass(frozen=True, slots=True)
class Beside:
    """What goes along with the text around a cursor: other files, and how all of them are called."""

    repository: str = ""
    name: str = ""
    language_id: str = ""
    files: tuple[FileText, ...] = ()


def request_for(
    way: FimWay,
    context: CompletionContext,
    beside: Beside = Beside(),
    *,
    template: str = "",
    max_tokens: int,
    stop: tuple[str, ...] = ("\n",),
) -> FimRequest:
    """Give the request that asks for the text at the cursor in one way.

    Files go along as the way has a place for them, in their order, else as comments before the prefix. Way "prefix"
    leaves trailing blanks out: a prompt that ends in a blank begins in the middle of a token, which ruins the answers
    of small models (`heal` puts the answer right). `template` names a row of TEMPLATES; KeyError when there is none.
    """
    row = TEMPLATES.get(template)
    if way == "template":
        row = TEMPLATES[template]
        return FimRequest(_rendered(row, context, beside), None, max_tokens, (*stop, *row.stop), 0.0)
    if way == "infill":
        # Its server makes no token of anything that stands in a text, so nothing needs to be broken up.
        return FimRequest(context.prefix, context.suffix, max_tokens, stop, 0.0, files=beside.files)
    shown = as_code(beside) if way == "prefix" else as_comments(beside)
    prefix = _neutral(shown + context.prefix, row)
    if way == "prefix":
        return FimRequest(prefix.rstrip(" \t"), None, max_tokens, stop, 0.0, banned=(_FENCE,))
    return FimRequest(prefix, _neutral(context.suffix, row), max_tokens, stop, 0.0)


def as_comments(beside: Beside) -> str:
    """Give other files as comments, each under its path; "" in a language that has none, or without files."""
    if not beside.files:
        return ""
    text = "".join(f"{_path(file.name)}{file.text}" for file in beside.files)
    return _comment(beside.language_id, text + _path(beside.name))


def as_code(beside: Beside) -> str:
    """Give other files as they stand, each under a comment with its path: what a plain continuation goes on from.

    What is no code, such as a small diff, is a comment. "" in a language that has no comments, or without files.
    """
    language_id = beside.language_id
    if not beside.files or not _comment(language_id, "\n"):
        return ""
    parts = (
        _comment(language_id, _path(file.name) + file.text)
        if file.name.endswith(_NO_CODE)
        else _comment(language_id, _path(file.name)) + file.text
        for file in beside.files
    )
    return "".join((*parts, _comment(language_id, _path(beside.name))))


def _path(name: str) -> str:
    return f"Path: {name}\n"


def _comment(language_id: str, text: str) -> str:
    """Give whole lines as comments of a language; "" when it has none."""
    language = LANGUAGES.get(language_id)
    if language is None:
        return ""
    if language.comment:
        return "".join(f"{language.comment} {line}" for line in split_lines(text)[:-1])
    begin, end = language.block_comment
    return f"{begin}\n{text.replace(end, ' '.join(end))}{end}\n" if begin else ""


def characters_of(way: FimWay, beside: Beside, template: str) -> int:
    """Give the characters that other files take in the prompt of one way."""
    row = TEMPLATES.get(template)
    if way == "infill":
        return sum(len(file.name) + len(file.text) for file in beside.files)
    if way == "template" and row is not None and row.project and beside.files:
        return len(_rendered(row, CompletionContext("", ""), beside))
    return len(as_code(beside) if way == "prefix" else as_comments(beside))


def tokenizer_of(template: str) -> str:
    """Give the row of the token estimates for a family."""
    row = TEMPLATES.get(template)
    return row.tokenizer if row else "large"


def heal(text: str, head: str) -> str:
    """Take from an answer the blanks that were cut from the prompt (way "prefix").

    `head` is the line up to the cursor. Gives "" when the answer does not go on from there: it begins in the middle
    of a word although the person has typed a blank, or it leaves the block that the person is in.
    """
    kept = head.rstrip(" \t")
    typed = head[len(kept) :]
    answer = text.lstrip(" \t")
    blanks = text[: len(text) - len(answer)]
    if not typed:
        return text
    if kept:
        in_a_word = not blanks and _is_word(kept[-1]) and _is_word(answer[:1])
        return "" if in_a_word else answer
    if blanks.startswith(typed):
        return blanks[len(typed) :] + answer
    return answer if len(blanks.expandtabs(4)) >= len(typed.expandtabs(4)) else ""


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _rendered(row: Template, context: CompletionContext, beside: Beside) -> str:
    prefix, suffix = _neutral(context.prefix, row), _neutral(context.suffix, row)
    if not beside.files:
        return row.text.format(prefix=prefix, suffix=suffix)
    if not row.project:
        return row.text.format(prefix=_neutral(as_comments(beside), row) + prefix, suffix=suffix)
    files = "".join(
        row.file.format(name=_neutral(file.name, row), text=_neutral(file.text, row)) for file in beside.files
    )
    repository, name = _neutral(beside.repository, row), _neutral(beside.name, row)
    return row.project.format(repository=repository, files=files, name=name, prefix=prefix, suffix=suffix)


def _neutral(text: str, row: Template | None) -> str:
    """Break up a template's own tokens where they stand in a person's text; at its beginning a line begins."""
    text = "\n" + text
    for token in row.reserved if row else ():
        if token in text:
            text = text.replace(token, token[0] + " " + token[1:])
    return text[1:]
