"""What is known of models by name; unknown stays unknown."""

from __future__ import annotations

import re

import pytest

from lsp_server.completion.fim import TEMPLATES
from lsp_server.models.catalog import FIM_TEMPLATES, ROWS, context_window, fim_template

FACTS = [
    ("Qwen/Qwen2.5-Coder-7B-Instruct", "qwen", 32_768),
    ("qwen2.5-coder:1.5b-base", "qwen", 32_768),
    ("qwen3-coder:30b", "qwen", 262_144),
    ("Qwen_Qwen3-Coder-30B-A3B.Q4_K_M.gguf", "qwen", 262_144),
    ("qwen3:8b", "", 0),
    ("bigcode/starcoder2-3b", "starcoder", 16_384),
    ("starcoder:1b", "starcoder", 8_192),
    ("codellama:7b-code", "codellama", 16_384),
    ("codellama/CodeLlama-34b-hf", "", 16_384),
    ("CodeLlama-7b-Python", "", 16_384),
    ("deepseek-coder:6.7b-base", "deepseek", 16_384),
    ("deepseek-ai/DeepSeek-Coder-V2-Lite-Base", "deepseek", 131_072),
    ("deepseek-chat", "", 0),
    ("codestral:22b", "codestral", 32_768),
    ("codestral-2508", "codestral", 128_000),
    ("mamba-codestral-7B", "", 0),
    ("codegemma:2b", "codegemma", 8_192),
    ("google/codegemma-7b-it", "", 8_192),
    ("granite4:micro", "granite", 131_072),
    ("ibm-granite/granite-4.0-h-small", "granite", 131_072),
    ("granite-3.3-8b-base", "starcoder", 131_072),
    ("granite-code:3b", "starcoder", 0),
    ("ByteDance-Seed/Seed-Coder-8B-Base", "seed", 32_768),
    ("JetBrains/Mellum-4b-base", "mellum", 8_192),
    ("codegeex4-all-9b", "glm", 131_072),
    ("gpt-4o-mini", "", 128_000),
    ("gpt-5-mini", "", 400_000),
    ("gpt-5.4-mini", "", 400_000),
    ("gpt-5.4", "", 1_000_000),
    ("gpt-6-luna", "", 1_000_000),
    ("o4-mini", "", 200_000),
    ("a-model-nobody-has-heard-of", "", 0),
    ("", "", 0),
    ("codeqwen:7b-code", "starcoder", 65_536),
    ("stable-code:3b", "starcoder", 16_384),
    ("deepseek-flash", "", 1_000_000),
    ("SmolLM2-135M-Instruct.Q4_1.gguf", "", 8_192),
    ("gpt-5.3", "", 128_000),
    ("gpt-5.3-codex", "", 400_000),
    ("gpt-4.1-mini", "", 1_000_000),
    ("gpt-oss:20b", "", 131_072),
]


@pytest.mark.parametrize(("model", "template", "window"), FACTS)
def test_facts_by_name(model: str, template: str, window: int) -> None:
    """A name gives the template its family was trained with and its window; anything unknown gives nothing."""
    assert (fim_template(model), context_window(model)) == (template, window)


def test_the_templates_are_those_that_can_be_rendered() -> None:
    """Every template that is named here exists, and the other way round."""
    assert set(FIM_TEMPLATES) == set(TEMPLATES)
    assert {row.fim_template for row in ROWS} <= {"", *FIM_TEMPLATES}


def test_no_row_hides_another() -> None:
    """Each row is the one that decides for some name above."""
    names = [model.lower() for model, _, _ in FACTS]
    deciding = [next((row for row in ROWS if re.search(row.pattern, name)), None) for name in names]
    assert [row.pattern for row in ROWS if row not in deciding] == []
