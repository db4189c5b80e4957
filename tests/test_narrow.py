"""A project's settings, which nobody has looked at, can make Antiphon quieter and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given

from lsp_server.config import DEFAULTS, Config, Eagerness
from lsp_server.settings import PROJECT_INSTRUCTIONS_CHARACTERS, narrow, parse
from tests.raw_settings import EVERYTHING, TREES


@given(TREES)
def test_a_project_can_only_narrow(raw: object) -> None:
    """Whatever stands in a project's file, there is no more ghost text, no more tokens, and no other endpoint."""
    own, _ = parse(EVERYTHING)
    config, _ = narrow(own, raw, source="p")
    order = get_args(Eagerness)
    for language in ("markdown", "c++", "go", "off", *config.completion.languages):
        before, after = own.completion.eagerness_for(language), config.completion.eagerness_for(language)
        assert order.index(after) <= order.index(before)
    assert config.completion.max_lines <= own.completion.max_lines
    assert config.completion.max_tokens <= own.completion.max_tokens
    assert config.chat.max_tokens <= own.chat.max_tokens
    assert config.chat.instructions.startswith(own.chat.instructions)
    assert len(config.chat.instructions) <= len(own.chat.instructions) + 2 + PROJECT_INSTRUCTIONS_CHARACTERS
    assert (config.providers, config.local) == (own.providers, own.local)
    assert (config.completion.model, config.chat.model) == (own.completion.model, own.chat.model)
    assert (config.completion.timeout_s, config.chat.timeout_s) == (own.completion.timeout_s, own.chat.timeout_s)


def check(own: object, raw: object, *refused: str) -> Config:
    """Narrow the person's settings by a project's; exactly these paths must be reported."""
    config, problems = narrow(parse(own)[0], raw, source=".antiphon.toml")
    assert sorted(each.path for each in problems) == sorted(refused)
    return config


def test_a_project_can_quieten_ghost_text() -> None:
    """Eagerness goes down, in general and in one language, and suggestions get shorter."""
    raw = {
        "completion": {
            "eagerness": "calm",
            "max_lines": 2,
            "max_tokens": 20,
            "languages": {"markdown": {"eagerness": "off"}},
        }
    }
    completion = check({}, raw).completion
    assert (completion.eagerness, completion.max_lines, completion.max_tokens) == ("calm", 2, 20)
    assert (completion.eagerness_for("markdown"), completion.eagerness_for("go")) == ("off", "calm")


def test_a_projects_general_eagerness_is_a_ceiling_for_every_language() -> None:
    """A project that says "off" is quiet also where the person had asked for more in one language."""
    own = {"completion": {"eagerness": "calm", "languages": {"python": {"eagerness": "eager"}}}}
    assert check(own, {"completion": {"eagerness": "off"}}).completion.eagerness_for("python") == "off"
    assert check(own, {"completion": {"eagerness": "calm"}}).completion.eagerness_for("python") == "calm"
    assert check(own, {}).completion.eagerness_for("python") == "eager"


def test_a_project_can_except_a_language_from_its_own_ceiling() -> None:
    """What a project says about one language goes before what it says in general, up to what the person allows."""
    raw = {"completion": {"eagerness": "off", "languages": {"python": {"eagerness": "calm"}}}}
    completion = check({}, raw).completion
    assert (completion.eagerness_for("python"), completion.eagerness_for("go")) == ("calm", "off")


def test_a_project_cannot_ask_for_more() -> None:
    """More eagerness, lines or tokens than the person allows is reported and changes nothing."""
    own = {"completion": {"eagerness": "manual"}}
    raw = {
        "completion": {"eagerness": "eager", "max_lines": 13, "languages": {"go": {"eagerness": "calm"}}},
        "chat": {"max_tokens": 1025},
    }
    refused = ("completion.eagerness", "completion.max_lines", "completion.languages.go.eagerness", "chat.max_tokens")
    config = check(own, raw, *refused)
    assert config.completion.eagerness_for("go") == "manual"
    assert replace(config.completion, languages={}) == parse(own)[0].completion
    assert config.chat == parse(own)[0].chat


def test_a_project_adds_its_instructions_after_those_of_the_person() -> None:
    """Both hold, the person's first."""
    raw = {"chat": {"instructions": "Use tabs."}}
    assert check({"chat": {"instructions": "Be brief."}}, raw).chat.instructions == "Be brief.\n\nUse tabs."
    assert check({}, raw).chat.instructions == "Use tabs."
    assert check({"chat": {"instructions": "Be brief."}}, {}).chat.instructions == "Be brief."


def test_a_project_cannot_talk_without_end() -> None:
    """Instructions over the limit are left out whole, since half of them could say the opposite."""
    raw = {"chat": {"instructions": "x" * (PROJECT_INSTRUCTIONS_CHARACTERS + 1)}}
    assert check({}, raw, "chat.instructions") == DEFAULTS


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"completion": {"model": "evil/model"}}, "completion.model"),
        ({"completion": {"timeout_s": 1}}, "completion.timeout_s"),
        ({"chat": {"model": "evil/model"}}, "chat.model"),
        ({"local": {"model_path": "./evil.gguf"}}, "local"),
        ({"providers": {"openai": {"base_url": "http://evil"}}}, "providers"),
    ],
)
def test_a_project_cannot_choose_where_text_goes(raw: object, path: str) -> None:
    """An endpoint, a model, a header or a key in a project's file is reported and ignored."""
    config, (problem,) = narrow(DEFAULTS, raw, source=".antiphon.toml")
    assert config == DEFAULTS
    assert (problem.path, problem.source) == (path, ".antiphon.toml")
    assert "cannot be set by a project file" in problem.message


def test_a_slip_in_a_project_file_is_reported_as_anywhere() -> None:
    """Unknown keys and wrong types keep their own messages."""
    _, problems = narrow(DEFAULTS, {"completion": {"max_line": 1, "max_tokens": "x"}}, source="p")
    assert [("did you mean" in each.message, "must be" in each.message) for each in problems] == [
        (True, False),
        (False, True),
    ]
