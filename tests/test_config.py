"""Raw settings become a Config; whatever is wrong with them is reported and stops nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from lsp_server.config import (
    DEFAULTS,
    ChatConfig,
    CompletionConfig,
    Config,
    LanguageConfig,
    LocalConfig,
    ModelConfig,
    ProviderConfig,
)
from lsp_server.config_rules import ABSENT, Rule, dotted, rules
from lsp_server.settings import Problem, narrow, parse
from tests.raw_settings import EVERYTHING, TREES, deep, nested


def check(raw: object, *mistakes: tuple[str, str], base: Config = DEFAULTS) -> Config:
    """Parse; the problems must have these paths, in any order, and messages that hold these texts."""
    config, problems = parse(raw, base, source="editor")
    assert sorted(each.path for each in problems) == sorted(path for path, _ in mistakes)
    said = {each.path: each.message for each in problems}
    for path, text in mistakes:
        assert text in said[path]
    return config


def test_every_setting_can_be_set() -> None:
    """A tree that names every setting is taken over whole, without a problem."""
    assert check(EVERYTHING) == Config(
        CompletionConfig(
            "work/coder", "calm", 3, 40, 2.0, {"markdown": LanguageConfig("off"), "c++": LanguageConfig()}, ("local",)
        ),
        ChatConfig("work/org/talker", 9, 1.5, "Be brief.\nBe kind.", ("work/b", "local"), 2.0, 30.0, 20.0),
        LocalConfig("/m.gguf", 2, 4096, 1.0),
        {
            "work": ProviderConfig(
                "vllm", "http://127.0.0.1:8000/v1", "WORK_KEY", "template", "qwen", 32768, {"X-Team": "blue"}
            ),
            "pool": ProviderConfig(base_url=("http://10.0.0.1:8000", "http://10.0.0.2:8000")),
        },
        {"work/*": ModelConfig(65536, 4096, True, False, False, True, True, None, 1.0, 2.5, 0.1, 1.25)},
        "/facts.toml",
    )


def test_an_int_is_taken_where_a_float_is_due_and_becomes_one() -> None:
    """`timeout_s = 2` gives 2.0, a float."""
    assert type(check(EVERYTHING).completion.timeout_s) is float


@pytest.mark.parametrize("raw", [None, {}, {"completion": {}}, {"providers": {}}])
def test_nothing_set_leaves_the_base_as_it_is(raw: object) -> None:
    """No settings, or empty tables, are no problem and change nothing."""
    base = check(EVERYTHING)
    assert check(raw, base=base) == base


def test_tables_are_merged_key_by_key() -> None:
    """A later source changes the keys that it names, in nested tables and entries too, and leaves the others."""
    raw = {
        "completion": {"max_lines": 5, "languages": {"python": {"eagerness": "manual"}}},
        "providers": {"work": {"fim": "none", "headers": {"X-Pool": "2"}}},
    }
    config = check(raw, base=check(EVERYTHING))
    assert (config.completion.max_lines, config.completion.max_tokens) == (5, 40)
    assert [config.completion.eagerness_for(each) for each in ("markdown", "python", "go")] == ["off", "manual", "calm"]
    assert (config.providers["work"].fim, config.providers["work"].like) == ("none", "vllm")
    assert config.providers["work"].headers == {"X-Team": "blue", "X-Pool": "2"}


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ({"completion": {"max_line": 3}}, "completion.max_line", "did you mean completion.max_lines?"),
        ({"completion": {"maxLines": 3}}, "completion.maxLines", "did you mean completion.max_lines?"),
        ({"compltion": {}}, "compltion", "did you mean completion?"),
        ({"eagerness": "off"}, "eagerness", "did you mean completion.eagerness?"),
        ({"zebra": 1}, "zebra", "known here: completion, chat, local, providers, models, catalog."),
        ({"providers": {"w": {"api_key": "sk"}}}, "providers.w.api_key", "did you mean providers.w.api_key_env?"),
        ({"completion": {"languages": {"c++": {"x": 1}}}}, 'completion.languages."c++".x', "known here: eagerness."),
        ({3: 4}, "3", "3 is no setting and is ignored"),
    ],
)
def test_an_unknown_key_is_reported_with_its_path_and_the_nearest_valid_one(
    raw: object, path: str, message: str
) -> None:
    """A slip of the pen, a camelCase name and a key in the wrong table each lead to the setting that was meant."""
    config = check(raw, (path, message))
    assert (config.completion.max_lines, config.completion.eagerness) == (12, "eager")


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        (
            "completion",
            "max_lines",
            "many",
            'must be a whole number of at least 1 and at most 1,000; "many" is ignored',
        ),
        ("completion", "max_lines", 0, "0 is ignored"),
        ("completion", "max_lines", True, "true is ignored"),
        ("completion", "max_lines", 3.0, "3.0 is ignored"),
        ("completion", "timeout_s", 0, "must be a number above 0 and at most 3,600; 0 is ignored"),
        ("completion", "timeout_s", True, "true is ignored"),
        ("completion", "timeout_s", math.nan, "nan is ignored"),
        ("completion", "timeout_s", math.inf, "inf is ignored"),
        ("completion", "timeout_s", 10**400, "a huge number is ignored"),
        ("completion", "eagerness", "loud", 'must be one of "off", "manual", "calm", "eager"; "loud" is ignored'),
        ("completion", "eagerness", ["off"], "a list is ignored"),
        ("completion", "model", "coder", 'must be "local" or "provider/model"; "coder" is ignored'),
        ("completion", "model", "work/", '"work/" is ignored'),
        ("completion", "model", "work/a\n", '"work/a\\n" is ignored'),
        ("completion", "languages", [], "must be a table; a list is ignored"),
        ("chat", "instructions", None, "must be a text of at most 40,000 characters; null is ignored"),
        ("chat", "instructions", "x" * 40_001, "…"),
        ("local", "threads", -1, "must be a whole number of at least 0 and at most 512; -1 is ignored"),
        ("local", "model_path", "a\0b", "must be a text"),
        ("local", "model_path", "\ud800", "must be a text"),
    ],
)
def test_a_value_that_cannot_be_is_reported_and_the_base_stands(
    section: str, key: str, value: object, message: str
) -> None:
    """The message says what is allowed and what was found; the value of the earlier source holds on."""
    base = check(EVERYTHING)
    assert check({section: {key: value}}, (f"{section}.{key}", message), base=base) == base


@pytest.mark.parametrize("raw", [math.nan, math.inf, -math.inf, 10**400, True, "1", None])
def test_a_number_is_finite_even_where_no_limit_is_set(raw: object) -> None:
    """TOML can write nan and inf; no setting means either."""
    assert Rule.of(float).accept(raw) is ABSENT


@pytest.mark.parametrize("value", [[], "x", 3, True])
def test_a_value_in_place_of_a_table_is_reported(value: object) -> None:
    """A section that is no table changes nothing, and neither does a whole that is none."""
    assert check({"chat": value}, ("chat", "must be a table")) == DEFAULTS
    assert check(value, ("", "The settings must be a table")) == DEFAULTS


def test_one_mistake_costs_only_its_own_setting() -> None:
    """What stands beside a mistake holds."""
    config = check({"completion": {"max_lines": -1, "max_tokens": 7}}, ("completion.max_lines", "-1"))
    assert config == replace(DEFAULTS, completion=CompletionConfig(max_tokens=7))


def test_an_entry_that_is_no_table_is_left_out() -> None:
    """`[providers] work = 3` makes no provider."""
    assert check({"providers": {"work": 3}}, ("providers.work", "must be a table; 3 is ignored")).providers == {}


def test_a_provider_needs_a_name_that_can_stand_before_a_slash() -> None:
    """A name with a slash in it could never be spoken of as "provider/model"."""
    assert check({"providers": {"a/b": {}}}, ('providers."a/b"', "a short name of letters")).providers == {}


@pytest.mark.parametrize(
    ("name", "value"), [("X Team", "blue"), ("", "blue"), ("X-Team", "a\r\nHost: elsewhere"), ("X-Team", "é")]
)
def test_a_header_cannot_smuggle_in_another(name: str, value: str) -> None:
    """A header that would break the request apart is refused."""
    config, problems = parse({"providers": {"work": {"headers": {name: value}}}})
    assert config.providers["work"].headers == {}
    assert len(problems) == 1


def test_a_key_pasted_into_the_settings_is_refused_and_never_repeated() -> None:
    """A message about a secret says how long it is, not what it is."""
    key = "sk-live-51H8xY"
    config, problems = parse({"providers": {"work": {"api_key_env": key, "headers": {"Authorization": key + "\n"}}}})
    assert config.providers["work"] == ProviderConfig()
    assert [each.path for each in problems] == ["providers.work.api_key_env", "providers.work.headers.Authorization"]
    assert "a text of 14 characters is ignored" in problems[0].message
    assert key not in str(problems)


def test_a_problem_says_where_the_setting_stands() -> None:
    """In print, a problem begins with its file."""
    _, (problem,) = parse({"zebra": 1}, source="/home/ada/config.toml")
    assert problem == Problem("zebra", problem.message, "/home/ada/config.toml")
    assert str(problem).startswith("/home/ada/config.toml: zebra is no setting")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (["local", "work/b"], ("local", "work/b")),
        ([], ()),
        ("local", None),
        (["coder"], None),
        (["local", 3], None),
        (["local"] * 101, None),
        ([["local"]], None),
    ],
)
def test_a_list_is_taken_whole_or_not_at_all(raw: object, value: tuple[str, ...] | None) -> None:
    """A list of fallbacks with one that names no model is refused as a whole, and so is a single text."""
    message = 'chat.fallback must be a list of such: "local" or "provider/model";'
    mistakes = [] if value is not None else [("chat.fallback", message)]
    assert check({"chat": {"fallback": raw}}, *mistakes).chat.fallback == (value or ())


@pytest.mark.parametrize("raw", ["http://a", ["http://a", "http://b"]])
def test_an_address_may_be_one_or_a_list(raw: object) -> None:
    """Where a single value is enough, a list of such values is allowed beside it."""
    expected = tuple(raw) if isinstance(raw, list) else raw
    assert check({"providers": {"w": {"base_url": raw}}}).providers["w"].base_url == expected
    message = "must be an http:// or https:// address, or a list of these; a list is ignored"
    check({"providers": {"w": {"base_url": ["ftp://a"]}}}, ("providers.w.base_url", message))


@pytest.mark.parametrize("path", [(), ("completion",), ("completion", "languages"), ("providers", "x", "headers")])
def test_a_tree_of_any_depth_is_read_only_as_far_as_the_settings_go(path: tuple[str, ...]) -> None:
    """A tree far deeper than Python can recurse is reported like any other mistake."""
    raw = nested(path, deep(100_000))
    assert parse(raw)[1]
    assert narrow(DEFAULTS, raw, source="p")[1]


@given(TREES)
def test_no_tree_whatever_stops_the_settings(raw: object) -> None:
    """Any raw tree gives a config whose values keep to the rules, from a person and from a project."""
    for config, problems in (parse(raw), narrow(DEFAULTS, raw, source="p")):
        assert list(_broken(config)) == []
        assert all(each.message and len(each.message) < 400 for each in problems)
    # What came through is itself without fault: read again, it gives the same and no problem.
    config, _ = parse(raw)
    assert parse(_plain(config)) == (config, [])


def _fields(value: object) -> Mapping[str, Rule]:
    kind: Any = type(value)
    return rules(kind)


def _plain(value: Any) -> Any:
    """Give a config as the raw tree that sets it, without what is None."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in _fields(value) if getattr(value, name) is not None}
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


_SCALARS = (str, int, float, bool, tuple)


def _broken(config: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Give the paths at which a value is not of its type or within its limits."""
    for name, rule in _fields(config).items():
        value, here = getattr(config, name), (*path, name)
        if rule.is_table:
            yield from _broken(value, here)
        elif rule.is_mapping:
            for key, each in value.items():
                if hasattr(each, "__dataclass_fields__"):
                    yield from _broken(each, (*here, key))
        elif value is not None and (type(value) not in _SCALARS or rule.accept(value) != value):
            yield dotted(here)
