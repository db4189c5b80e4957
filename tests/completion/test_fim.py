"""Prompts for filling in the middle, byte for byte as each family of models was trained."""

from __future__ import annotations

import pytest

from context.gather import CompletionContext
from lsp_server.completion.fim import TEMPLATES, request_for
from lsp_server.models.catalog import FIM_TEMPLATES

GOLDEN = {
    "qwen": "<|fim_prefix|>a = <|fim_suffix|>\nb<|fim_middle|>",
    "granite": "<|fim_prefix|>a = <|fim_suffix|>\nb<|fim_middle|>",
    "codegemma": "<|fim_prefix|>a = <|fim_suffix|>\nb<|fim_middle|>",
    "starcoder": "<fim_prefix>a = <fim_suffix>\nb<fim_middle>",
    "codellama": "<PRE> a =  <SUF>\nb <MID>",
    "deepseek": "<｜fim▁begin｜>a = <｜fim▁hole｜>\nb<｜fim▁end｜>",
    "codestral": "[SUFFIX]\nb[PREFIX]a = ",
    "seed": "<[fim-suffix]>\nb<[fim-prefix]>a = <[fim-middle]>",
    "mellum": "<fim_suffix>\nb<fim_prefix>a = <fim_middle>",
    "glm": "<|code_prefix|>a = <|code_suffix|>\nb<|code_middle|>",
}


@pytest.mark.parametrize("family", GOLDEN)
def test_a_template_is_rendered_as_the_model_was_trained(family: str) -> None:
    """Tokens, order and spaces are exact; the suffix goes into the prompt and not along with it."""
    context = CompletionContext("a = ", "\nb")
    request = request_for("template", context, template=family, max_tokens=9, multi_line=False)
    assert request.prefix == GOLDEN[family]
    assert request.suffix is None
    assert set(TEMPLATES[family].stop) <= set(request.stop)


def test_every_family_of_the_catalogue_has_a_template() -> None:
    """What the catalogue names can be rendered."""
    assert set(TEMPLATES) == set(FIM_TEMPLATES) == set(GOLDEN)


def test_a_model_s_own_tokens_in_a_person_s_text_are_broken_up() -> None:
    """A file about fill-in-the-middle does not confuse the model that completes it."""
    context = CompletionContext("TOKEN = '<|fim_suffix|>' + ", "")
    prompt = request_for("template", context, template="qwen", max_tokens=9, multi_line=False).prefix
    assert prompt.count("<|fim_suffix|>") == 1
    assert "'< |fim_suffix|>'" in prompt


def test_braces_in_a_person_s_text_are_only_text() -> None:
    """Code full of braces goes through as it is."""
    context = CompletionContext("f'{prefix}{x}' + ", "{suffix}")
    prompt = request_for("template", context, template="qwen", max_tokens=9, multi_line=False).prefix
    assert prompt == "<|fim_prefix|>f'{prefix}{x}' + <|fim_suffix|>{suffix}<|fim_middle|>"


def test_a_plain_continuation_is_asked_for_without_trailing_blanks_and_fences() -> None:
    """Small models do badly after a blank, and like to open a Markdown fence."""
    request = request_for("prefix", CompletionContext("return ", "\n"), max_tokens=9, multi_line=False)
    assert (request.prefix, request.suffix, request.stop, request.banned) == ("return", None, ("\n",), ("```",))


def test_a_native_way_sends_both_sides_as_they_are() -> None:
    """Where the endpoint fills in itself, it gets prefix and suffix untouched."""
    request = request_for("infill", CompletionContext("return ", "\nx"), max_tokens=9, multi_line=True)
    assert (request.prefix, request.suffix, request.stop) == ("return ", "\nx", ("\n\n",))
