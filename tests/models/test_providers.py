"""How "provider/model" and the settings become a model that can be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from lsp_server.config import Config, LocalConfig, ProviderConfig
from lsp_server.errors import SettingsError
from lsp_server.models.messages import Endpoint
from lsp_server.models.providers import PROVIDERS, Model, resolve
from lsp_server.models.wire import DIALECTS

WORK = ProviderConfig(like="vllm", base_url="https://models.test/v1/", api_key_env="WORK_KEY")


def check(
    model: str, providers: Mapping[str, ProviderConfig] | None = None, environ: Mapping[str, str] | None = None
) -> Model:
    """Resolve a model with these providers in the settings and these variables in the environment."""
    return resolve(model, Config(providers=providers or {}), environ or {})


def test_local_is_the_embedded_model() -> None:
    """ "local" is the embedded model: it continues a prefix, has no address yet, and never leaves this machine."""
    model = resolve("local", Config(local=LocalConfig(context_window=4096)), {})
    endpoint = Endpoint("local", "llamacpp", "", "", keep_alive=False, local=True)
    assert model == Model(endpoint, ("prefix",), "", 4096, embedded=True)


@pytest.mark.parametrize(
    ("model", "base_url", "dialect", "fim_ways", "fim_template", "context_window"),
    [
        ("llamacpp/x", "http://127.0.0.1:8080", "llamacpp", ("infill", "prefix"), "", 0),
        (
            "ollama/qwen2.5-coder:7b",
            "http://127.0.0.1:11434/v1",
            "openai-compatible",
            ("suffix", "template"),
            "qwen",
            32_768,
        ),
        ("ollama/llama3.2", "http://127.0.0.1:11434/v1", "openai-compatible", ("suffix",), "", 0),
        (
            "vllm/bigcode/starcoder2-3b",
            "http://127.0.0.1:8000/v1",
            "openai-compatible",
            ("template",),
            "starcoder",
            16_384,
        ),
        ("vllm/unheard-of", "http://127.0.0.1:8000/v1", "openai-compatible", (), "", 0),
        ("lmstudio/mellum-4b-base", "http://127.0.0.1:1234/v1", "openai-compatible", ("template",), "mellum", 8_192),
    ],
)
def test_built_in_providers(
    model: str, base_url: str, dialect: str, fim_ways: tuple[str, ...], fim_template: str, context_window: int
) -> None:
    """A built-in provider needs no settings; what it can do follows from its row and the model's name."""
    found = check(model)
    provider, _, name = model.partition("/")
    assert found.endpoint.provider == provider
    assert found.endpoint.model == name
    assert (found.endpoint.base_url, found.endpoint.dialect) == (base_url, dialect)
    assert (found.fim_ways, found.fim_template, found.context_window) == (fim_ways, fim_template, context_window)
    assert found.endpoint.local
    assert not found.embedded


def test_a_provider_with_a_key() -> None:
    """The key comes from the provider's variable, without the blanks around it; this one only chats."""
    found = check("openai/gpt-6-luna", environ={"OPENAI_API_KEY": " sk-1 \n"})
    assert found.endpoint == Endpoint("openai", "openai", "https://api.openai.com/v1", "gpt-6-luna", key="sk-1")
    assert found.fim_ways == ()


def test_a_provider_of_ones_own() -> None:
    """A name of one's own behaves like a built-in row, at its own address, with its own key and headers."""
    own = ProviderConfig("vllm", "https://models.test/v1//", "WORK_KEY", headers={"X-Team": "blue"}, context_window=99)
    found = check("work/qwen3-coder", {"work": own}, {"WORK_KEY": "k"})
    assert found.endpoint == Endpoint(
        "work", "openai-compatible", "https://models.test/v1", "qwen3-coder", key="k", headers={"X-Team": "blue"}
    )
    assert (found.fim_ways, found.fim_template, found.context_window) == (("template",), "qwen", 99)


def test_changes_to_a_built_in_provider() -> None:
    """A built-in provider can be moved to another address, and stays what it is."""
    found = check("ollama/x", {"ollama": ProviderConfig(base_url="http://10.0.0.5:11434/v1")})
    assert found.endpoint.base_url == "http://10.0.0.5:11434/v1"
    assert found.fim_ways == ("suffix",)
    assert not found.endpoint.local


def test_a_built_in_key_is_not_sent_to_another_provider() -> None:
    """A provider that is only like a built-in one does not get the key of that one."""
    own = ProviderConfig(like="openai", base_url="https://models.test/v1")
    assert check("work/x", {"work": own}, {"OPENAI_API_KEY": "sk-1"}).endpoint.key == ""


@pytest.mark.parametrize(
    ("fim", "template", "ways"),
    [
        ("auto", "", ("suffix", "prefix")),
        ("auto", "seed", ("suffix", "template", "prefix")),
        ("suffix", "", ("suffix",)),
        ("infill", "", ("infill",)),
        ("prefix", "", ("prefix",)),
        ("template", "glm", ("template",)),
        ("none", "", ()),
    ],
)
def test_the_ways_to_fill_in_the_middle(fim: str, template: str, ways: tuple[str, ...]) -> None:
    """ "auto" takes the row's ways, a template only if one is known; anything else is that one way."""
    own = ProviderConfig(base_url="http://x", fim=fim, fim_template=template)  # type: ignore[arg-type]  # from a table
    assert check("work/x", {"work": own}).fim_ways == ways


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:8000", True),
        ("http://api.localhost", True),
        ("http://127.8.8.8:1", True),
        ("http://[::1]:8000", True),
        ("http://10.0.0.1", False),
        ("http://localhost.evil.test", False),
        ("https://127.0.0.1.evil.test", False),
    ],
)
def test_local_means_this_machine(url: str, local: bool) -> None:
    """Only a loopback address counts as local: there no text leaves the machine."""
    assert check("work/x", {"work": ProviderConfig(base_url=url)}).endpoint.local is local


@pytest.mark.parametrize(
    ("model", "providers", "message"),
    [
        ("", {}, r'names no provider and model; write it as "ollama/MODEL" or "local"'),
        ("gpt-6-luna", {}, r'"gpt-6-luna" names no provider and model'),
        ("vllm", {}, r'write it as "vllm/MODEL"'),
        ("vllm/", {}, r'write it as "vllm/MODEL"'),
        ("local/x", {}, r'or "local"'),
        ("olama/x", {}, r'no provider "olama" \(do you mean "ollama"\?\); add \[providers\.olama\] or use .*lmstudio'),
        ("wrok/x", {"work": WORK}, r'do you mean "work"'),
        ("work/x", {"work": WORK}, r"no key for work; set the environment variable WORK_KEY"),
        ("openai/x", {}, r"set the environment variable OPENAI_API_KEY"),
        ("work/x", {"work": ProviderConfig(like="vlm")}, r'providers\.work\.like is "vlm".*do you mean "vllm"'),
        ("work/x", {"work": ProviderConfig()}, r'providers\.work\.base_url is ""; set it to an address such as http'),
        ("work/x", {"work": ProviderConfig(base_url="models.test")}, r'base_url is "models.test"; set it'),
        ("work/x", {"work": ProviderConfig(base_url="file:///etc")}, r"base_url is"),
        ("work/x", {"work": ProviderConfig(base_url="http://[::1")}, r"base_url is"),
        ("work/x", {"work": ProviderConfig(base_url="http://x:port")}, r"base_url is"),
        ("work/x", {"work": ProviderConfig(base_url="http://:8000/v1")}, r"base_url is"),
        ("openai-compatible/x", {}, r'providers\.openai-compatible\.base_url is ""'),
        (
            "work/x",
            {"work": ProviderConfig(base_url="http://x", fim_template="qwn")},
            r'fim_template is "qwn".*do you mean "qwen"',
        ),
        (
            "work/x",
            {"work": ProviderConfig(base_url="http://x", fim="template")},
            r'template of the model "x" is not known; set providers\.work\.fim_template to one of these: qwen, ',
        ),
    ],
)
def test_what_cannot_be_asked(model: str, providers: Mapping[str, ProviderConfig], message: str) -> None:
    """Settings that cannot be met are refused with a sentence that says what to set."""
    with pytest.raises(SettingsError, match=message) as caught:
        check(model, providers)
    assert re.fullmatch(r"[A-Z].*\.", str(caught.value)) or str(caught.value).startswith("providers.")


@pytest.mark.parametrize("key", ["", "  ", "clé", "two\nlines", "a\x00b"])
def test_a_key_that_cannot_be_sent(key: str) -> None:
    """A blank key, or one that no header can carry, is refused before it is sent, and is not shown."""
    with pytest.raises(SettingsError, match="WORK_KEY") as caught:
        check("work/x", {"work": WORK}, {"WORK_KEY": key})
    assert not key.strip() or key not in str(caught.value)


def test_every_row_has_a_dialect() -> None:
    """Each provider speaks a dialect that there is, and its name is its key in the table."""
    for name, row in PROVIDERS.items():
        assert row.name == name
        assert row.dialect in DIALECTS
        assert not row.base_url.endswith("/")
