"""Fill-in-the-middle: the ways to ask for the text at a cursor, and the templates of the model families."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from context.gather import CompletionContext
from lsp_server.config import FimWay
from lsp_server.models.messages import FimRequest


@dataclass(frozen=True, slots=True)
class Template:
    """How a family of models was trained to see a hole; `{prefix}` and `{suffix}` stand for the text around it."""

    text: str
    stop: tuple[str, ...]

    @property
    def reserved(self) -> tuple[str, ...]:
        """The tokens that must not stand in a person's text."""
        return (*(token for token in re.split(r"\{prefix\}|\{suffix\}", self.text) if token), *self.stop)


_FIM_STOPS = ("<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<|im_end|>")

# Tokens as the models' own papers and cards give them; Codestral, Seed-Coder and Mellum want the suffix first.
TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "qwen": Template("<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>", _FIM_STOPS),
        "granite": Template(
            "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>", ("<|end_of_text|>", "<|fim_pad|>")
        ),
        "codegemma": Template(
            "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
            ("<|file_separator|>", "<end_of_turn>", "<eos>"),
        ),
        "starcoder": Template("<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>", ("<|endoftext|>", "<file_sep>")),
        "codellama": Template("<PRE> {prefix} <SUF>{suffix} <MID>", ("<EOT>",)),
        "deepseek": Template("<｜fim▁begin｜>{prefix}<｜fim▁hole｜>{suffix}<｜fim▁end｜>", ("<｜end▁of▁sentence｜>",)),
        "codestral": Template("[SUFFIX]{suffix}[PREFIX]{prefix}", ("[PREFIX]", "[SUFFIX]", "\n+++++ ")),
        "seed": Template("<[fim-suffix]>{suffix}<[fim-prefix]>{prefix}<[fim-middle]>", ("<[end▁of▁sentence]>",)),
        "mellum": Template("<fim_suffix>{suffix}<fim_prefix>{prefix}<fim_middle>", ("<|endoftext|>", "<filename>")),
        "glm": Template("<|code_prefix|>{prefix}<|code_suffix|>{suffix}<|code_middle|>", ("<|user|>", "<|endoftext|>")),
    }
)

# What an instruct model likes to begin with and what is never code in the middle of a file.
_FENCE = "```"


def request_for(
    way: FimWay, context: CompletionContext, *, template: str = "", max_tokens: int, multi_line: bool
) -> FimRequest:
    """Give the request that asks for the text at the cursor in one way.

    Way "prefix" leaves trailing blanks out: a prompt that ends in a blank begins in the middle of a token, which
    ruins the answers of small models (`heal` puts the answer right). `template` names a row of TEMPLATES; KeyError
    when there is none.
    """
    stop = ("\n\n",) if multi_line else ("\n",)
    if way == "template":
        row = TEMPLATES[template]
        prefix, suffix = _neutral(context.prefix, row), _neutral(context.suffix, row)
        return FimRequest(row.text.format(prefix=prefix, suffix=suffix), None, max_tokens, (*stop, *row.stop), 0.0)
    if way == "prefix":
        return FimRequest(context.prefix.rstrip(" \t"), None, max_tokens, stop, 0.0, banned=(_FENCE,))
    return FimRequest(context.prefix, context.suffix, max_tokens, stop, 0.0)


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


def _neutral(text: str, template: Template) -> str:
    """Break up a template's own tokens where they stand in a person's text."""
    for token in template.reserved:
        if len(token) > 2 and token in text:
            text = text.replace(token, token[0] + " " + token[1:])
    return text
