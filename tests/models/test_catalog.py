"""What is known of models by name; unknown stays unknown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lsp_server.completion.fim import TEMPLATES
from lsp_server.config import ModelConfig
from lsp_server.errors import SettingsError
from lsp_server.models.catalog import (
    FIM_TEMPLATES,
    NOTHING,
    Facts,
    context_window,
    fim_template,
    improved,
    own,
    own_price,
    packaged,
    parse,
    with_file,
)
from lsp_server.models.prices import Price
from lsp_server.models.providers import PROVIDERS

FACTS = [
    ("Qwen/Qwen2.5-Coder-7B-Instruct", "qwen", 32_768),
    ("qwen2.5-coder:1.5b-base", "qwen", 32_768),
    ("qwen3-coder:30b", "qwen", 262_144),
    ("Qwen_Qwen3-Coder-30B-A3B.Q4_K_M.gguf", "qwen", 262_144),
    ("qwen3:8b", "", 0),
    ("bigcode/starcoder2-3b", "starcoder2", 16_384),
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
    ("gpt-5.4", "", 1_050_000),
    ("gpt-6-luna", "", 1_050_000),
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
    ("gpt-5.5", "", 1_000_000),
    ("deepseek-v4-pro", "", 1_000_000),
    ("claude-opus-5-5", "", 1_000_000),
    ("claude-sonnet-4-6", "", 1_000_000),
    ("claude-haiku-4-5-20251001", "", 200_000),
    ("gemini-3.8-flash", "", 1_048_576),
    ("gemini-4-argon", "", 1_048_576),
    ("gemini-2.5-pro", "", 1_048_576),
    ("mistral-large-4", "", 1_048_576),
    ("devstral-2512", "", 262_144),
    ("grok-4.3", "", 1_000_000),
    ("grok-4.7", "", 500_000),
    ("grok-code-fast-1", "", 256_000),
    ("mercury-edit-2", "", 0),
]

PRICED = [
    ("openai", "gpt-6-astra"),
    ("openai", "gpt-6.1-sol"),
    ("openai", "gpt-6-sol"),
    ("openai", "gpt-6.1-terra"),
    ("openai", "gpt-6-luna"),
    ("openai", "gpt-5.6-sol"),
    ("openai", "gpt-5.6-terra"),
    ("openai", "gpt-5.6-luna"),
    ("openai", "gpt-5.5"),
    ("openai", "gpt-5.4"),
    ("openai", "gpt-5.4-mini"),
    ("openai", "gpt-5.4-nano"),
    ("openai", "gpt-5.3-codex"),
    ("openai", "gpt-5-mini"),
    ("openai", "gpt-5-nano"),
    ("openai", "gpt-5"),
    ("openai", "gpt-4.1"),
    ("openai", "gpt-4.1-mini"),
    ("openai", "gpt-4.1-nano"),
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-4o"),
    ("openai", "o3"),
    ("openai", "o4-mini"),
    ("anthropic", "claude-fable-5-2"),
    ("anthropic", "claude-fable-5-1"),
    ("anthropic", "claude-opus-5-5"),
    ("anthropic", "claude-opus-4-8"),
    ("anthropic", "claude-sonnet-5-5"),
    ("anthropic", "claude-sonnet-5"),
    ("anthropic", "claude-sonnet-4-6"),
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-haiku-5-5"),
    ("anthropic", "claude-haiku-4-5"),
    ("gemini", "gemini-4-argon"),
    ("gemini", "gemini-3.8-flash"),
    ("gemini", "gemini-3.5-flash-lite"),
    ("gemini", "gemini-3.5-flash"),
    ("gemini", "gemini-3.1-pro-preview"),
    ("gemini", "gemini-3.1-flash-lite"),
    ("gemini", "gemini-2.5-pro"),
    ("gemini", "gemini-2.5-flash-lite"),
    ("gemini", "gemini-2.5-flash"),
    ("mistral", "codestral-latest"),
    ("mistral", "mistral-large-4"),
    ("mistral", "mistral-large-2512"),
    ("mistral", "mistral-medium-latest"),
    ("mistral", "mistral-small-latest"),
    ("mistral", "devstral-2512"),
    ("deepseek", "deepseek-flash"),
    ("deepseek", "deepseek-v4-pro"),
    ("xai", "grok-4.3"),
    ("xai", "grok-4.5"),
    ("xai", "grok-4.7"),
    ("groq", "openai/gpt-oss-120b"),
    ("groq", "openai/gpt-oss-20b"),
]


@pytest.mark.parametrize(("model", "template", "window"), FACTS)
def test_facts_by_name(model: str, template: str, window: int) -> None:
    """A name gives the template its family was trained with and its window; anything unknown gives nothing."""
    assert (fim_template(model), context_window(model)) == (template, window)


def test_what_a_model_can_do() -> None:
    """Abilities and limits that are not known are None and 0, and so is whether a temperature may be sent."""
    assert packaged().facts("a-model-nobody-has-heard-of") == NOTHING
    astra = packaged().facts("gpt-6-astra")
    assert (astra.max_output_tokens, astra.tools, astra.images, astra.audio) == (128_000, True, True, False)
    assert (astra.reasoning, astra.structured_output, astra.sampling) == (True, True, False)
    assert packaged().facts("qwen2.5-coder").sampling is True
    assert packaged().facts("grok-4.3").sampling is None


def test_the_templates_are_those_that_can_be_rendered() -> None:
    """Every template that is named here exists, and the other way round."""
    assert set(FIM_TEMPLATES) == set(TEMPLATES)
    assert {facts.fim_template for _, facts in packaged().models} <= {"", *FIM_TEMPLATES}


def test_no_row_hides_another() -> None:
    """Each row is the one that decides for some name above, among the models and among the prices."""
    rows = packaged()
    names = [model.lower() for model, _, _ in FACTS]
    deciding = [next((row for row in rows.models if row[0].search(name)), None) for name in names]
    assert [row[0].pattern for row in rows.models if row not in deciding] == []
    given = [rows.price(provider, model) for provider, model in PRICED]
    assert None not in given
    used = [next(row for row in rows.prices if row[2] is price) for price in given]
    assert [row[1].pattern for row in rows.prices if row not in used] == []


def test_a_price_has_its_seller_and_its_day() -> None:
    """A price is that of one provider, with the day on which it was looked up; what others ask is not known."""
    assert packaged().price("anthropic", "claude-opus-5-5") == Price(4, 20, 0.2, 5, packaged().dated.isoformat())
    assert packaged().price("openrouter", "claude-opus-5-5") is None
    assert packaged().price("anthropic", "claude-opus-9") is None
    assert {seller for seller, _, _ in packaged().prices} <= set(PROVIDERS)


def test_prices_make_sense() -> None:
    """An answer costs more than a prompt, and a cached prompt less than a new one."""
    for seller, pattern, price in packaged().prices:
        assert 0 < price.input <= price.output, (seller, pattern.pattern)
        assert price.cache_read is None or price.cache_read < price.input, (seller, pattern.pattern)
        assert price.long_input_factor >= 1 <= price.long_output_factor, (seller, pattern.pattern)
        assert bool(price.long_above) == (price.long_input_factor > 1), (seller, pattern.pattern)


NEWER = """
dated = 2027-03-01
models = [{ pattern = "gpt-7", context_window = 2_000_000, tools = true }]
prices = [{ provider = "openai", pattern = "gpt-7", input = 1, output = 2 }]
"""


def test_a_newer_file_comes_first(tmp_path: Path) -> None:
    """The rows of a file stand before the packaged ones, which still hold for all else; a change is seen."""
    file = tmp_path / "newer.toml"
    file.write_text(NEWER, "utf-8")
    newer = with_file(str(file))
    assert newer.facts("gpt-7") == Facts(context_window=2_000_000, tools=True)
    assert newer.price("openai", "gpt-7") == Price(1, 2, dated="2027-03-01")
    assert newer.facts("gpt-6-sol") == packaged().facts("gpt-6-sol")
    file.write_text(NEWER.replace("2_000_000", "3_000_000"), "utf-8")
    os.utime(file, ns=(1, 1))
    assert with_file(str(file)).facts("gpt-7").context_window == 3_000_000
    assert with_file("") is packaged()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dated =", "Invalid value"),
        ("models = []", "dated"),
        ("dated = 3", "dated is no date"),
        ('dated = 2027-01-01\nmodels = [{ pattern = "(" }]', "missing"),
        ('dated = 2027-01-01\nmodels = [{ pattern = "x", colour = 1 }]', "colour is no field"),
        ('dated = 2027-01-01\nmodels = [{ pattern = "x", tools = 1 }]', "tools is 1"),
        ("dated = 2027-01-01\nmodels = [{ context_window = 1 }]", "pattern"),
        ("dated = 2027-01-01\nmodels = 3", "not iterable"),
        ("dated = 2027-01-01\nmodels = [3]", "subscriptable"),
        ('dated = 2027-01-01\nprices = [{ provider = "x", pattern = "x", input = 1 }]', "output"),
    ],
)
def test_a_file_that_is_no_catalogue(text: str, why: str) -> None:
    """Whatever is wrong with a file is one sentence that names it and the setting."""
    with pytest.raises(SettingsError, match=rf"^my\.toml is no catalogue of models \(.*{why}.*correct it"):
        parse(text, "my.toml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be read is a fault of the settings."""
    with pytest.raises(SettingsError, match="correct the setting catalog"):
        with_file(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [("openai/gpt-6*", True), ("gpt-6-sol", True), ("*sol", True), ("gpt-6", False), ("azure/gpt-6-sol", False)],
)
def test_the_settings_know_better(pattern: str, fits: bool) -> None:
    """An entry of the settings holds for the models that its name fits, with or without the provider."""
    better = ModelConfig(context_window=5, images=False)
    found = own("openai", "gpt-6-sol", {pattern: better})
    assert found == (better if fits else ModelConfig())


def test_only_what_the_settings_say_is_changed() -> None:
    """False is said; 0 and None are not. A price needs both directions."""
    facts = Facts(context_window=9, tools=True, images=True)
    assert improved(facts, ModelConfig(images=False, sampling=True)) == Facts(
        context_window=9, tools=True, images=False, sampling=True
    )
    assert own_price(ModelConfig(input_usd=1)) is None
    assert own_price(ModelConfig(input_usd=0, output_usd=0)) == Price(0, 0)
