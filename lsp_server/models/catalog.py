"""What is known of models by their names: how they were trained to fill in a hole, and how much they can read.

A fact stands here only if the model's own card, paper or tokenizer says so; unknown stays unknown, and a setting of
the provider (`fim_template`, `context_window`) wins. The families' templates are in `completion.fim`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

FIM_TEMPLATES = (
    "qwen",
    "starcoder",
    "codellama",
    "deepseek",
    "codestral",
    "codegemma",
    "granite",
    "seed",
    "mellum",
    "glm",
)


class Row(NamedTuple):
    """A pattern for a part of the model's name in lower case, its template ("" none) and context window (0 unknown)."""

    pattern: str
    fim_template: str = ""
    context_window: int = 0


# The first row that fits decides. Names come as "Qwen/Qwen2.5-Coder-7B", "qwen2.5-coder:7b-base" or "….Q4_K_M.gguf".
ROWS = (
    Row(r"qwen-?3-coder", "qwen", 262_144),
    Row(r"qwen-?2\.5-coder", "qwen", 32_768),
    Row(r"codeqwen", "starcoder", 65_536),
    Row(r"starcoder-?2", "starcoder", 16_384),
    Row(r"starcoder", "starcoder", 8_192),
    Row(r"stable-?code-3b|stable-?code:3b", "starcoder", 16_384),
    Row(r"code-?llama.*(34b|70b|python)", "", 16_384),  # these were not trained to infill
    Row(r"code-?llama", "codellama", 16_384),
    Row(r"deepseek-coder-v2", "deepseek", 131_072),
    Row(r"deepseek-coder", "deepseek", 16_384),
    Row(r"deepseek-(flash|v4)", "", 1_000_000),
    Row(r"codestral-(latest|25)", "codestral", 128_000),
    Row(r"codestral.*mamba|mamba.*codestral", ""),
    Row(r"codestral", "codestral", 32_768),
    Row(r"codegemma.*(-it|instruct)", "", 8_192),  # chat only, unlike the models it was made from
    Row(r"codegemma", "codegemma", 8_192),
    Row(r"granite-?4", "granite", 131_072),
    Row(r"granite-?3\.3", "starcoder", 131_072),
    Row(r"granite.*-code", "starcoder"),
    Row(r"seed-coder", "seed", 32_768),
    Row(r"mellum-?4b|mellum:4b", "mellum", 8_192),
    Row(r"codegeex-?4", "glm", 131_072),
    Row(r"smollm2", "", 8_192),
    Row(r"gpt-6|gpt-5\.[456](?!-(mini|nano))", "", 1_000_000),
    Row(r"gpt-5\.3(?!-codex)", "", 128_000),
    Row(r"gpt-5", "", 400_000),
    Row(r"gpt-4\.1", "", 1_000_000),
    Row(r"gpt-4o|gpt-4-turbo", "", 128_000),
    Row(r"gpt-oss", "", 131_072),
    Row(r"\bo(3|4)(-|$)", "", 200_000),
)


def fim_template(model: str) -> str:
    """Give the template family of a model, a name in FIM_TEMPLATES; "" when it is unknown or has none."""
    return _row(model).fim_template


def context_window(model: str) -> int:
    """Give the context window of a model, in tokens; 0 when it is unknown."""
    return _row(model).context_window


def _row(model: str) -> Row:
    name = model.lower().replace("_", "-")
    return next((row for row in ROWS if re.search(row.pattern, name)), Row(""))
