"""Raw settings for tests: one tree that names every setting, and trees that nobody would write."""

from __future__ import annotations

from hypothesis import strategies as st

from lsp_server.config import Config, LanguageConfig, ModelConfig, ProviderConfig
from lsp_server.config_rules import places, rules

EVERYTHING = {
    "completion": {
        "model": "work/coder",
        "eagerness": "calm",
        "max_lines": 3,
        "max_tokens": 40,
        "timeout_s": 2,
        "languages": {"markdown": {"eagerness": "off"}, "c++": {}},
        "fallback": ["local"],
    },
    "chat": {
        "model": "work/org/talker",
        "max_tokens": 9,
        "timeout_s": 1.5,
        "instructions": "Be brief.\nBe kind.",
        "fallback": ["work/b", "local"],
        "budget_usd_per_day": 2,
        "first_byte_timeout_s": 30,
        "idle_timeout_s": 20,
    },
    "local": {"model_path": "/m.gguf", "threads": 2, "context_window": 4096, "idle_minutes": 1},
    "providers": {
        "work": {
            "like": "vllm",
            "base_url": "http://127.0.0.1:8000/v1",
            "api_key_env": "WORK_KEY",
            "fim": "template",
            "fim_template": "qwen",
            "context_window": 32768,
            "headers": {"X-Team": "blue"},
        },
        "pool": {"base_url": ["http://10.0.0.1:8000", "http://10.0.0.2:8000"]},
    },
    "models": {
        "work/*": {
            "context_window": 65536,
            "max_output_tokens": 4096,
            "tools": True,
            "images": False,
            "audio": False,
            "reasoning": True,
            "structured_output": True,
            "sampling": None,
            "input_usd": 1,
            "output_usd": 2.5,
            "cache_read_usd": 0.1,
            "cache_write_usd": 1.25,
        }
    },
    "catalog": "/facts.toml",
}


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.sampled_from(["off", "eager", "local", "a/b", "qwen", "http://x"])
)
KEYS: st.SearchStrategy[object] = (
    st.sampled_from(
        sorted({each[-1] for each in places()}.union(rules(ProviderConfig), rules(LanguageConfig), rules(ModelConfig)))
    )
    | st.text()
    | st.integers()
    | st.none()
)
ANY = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)
# Pure chance seldom finds the way into the tree; so most trees begin with real sections.
TREES = ANY | st.dictionaries(
    st.sampled_from(sorted(rules(Config))),
    ANY | st.dictionaries(KEYS, LEAVES | st.dictionaries(KEYS, LEAVES | st.dictionaries(KEYS, LEAVES | ANY))),
)


def deep(depth: int) -> object:
    """Give a tree that is nested far deeper than Python can recurse."""
    tree: object = 1
    for _ in range(depth):
        tree = {"completion": tree, "languages": [tree]}
    return tree


def nested(path: tuple[str, ...], value: object) -> object:
    """Give the tree that holds a value at a path."""
    for name in reversed(path):
        value = {name: value}
    return value
