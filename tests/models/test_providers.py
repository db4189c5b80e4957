"""How "provider/model" and the settings become a model that can be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from lsp_server.config import Config, LocalConfig, ModelConfig, ProviderConfig
from lsp_server.errors import SettingsError
from lsp_server.models.address import normalised
from lsp_server.models.messages import Endpoint
from lsp_server.models.pool import Pool, members
from lsp_server.models.prices import Price
from lsp_server.models.providers import NOT_OFFERED, PROVIDERS, Model, Voice, resolve
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
    assert model == Model(endpoint, ("prefix",), "", 4096, embedded=True, sampling=True)


@pytest.mark.parametrize(
    ("model", "base_url", "dialect", "fim_ways", "fim_template", "context_window"),
    [
        ("llamacpp/x", "http://127.0.0.1:8080", "llamacpp", ("infill", "prefix"), "", 0),
        (
            "ollama/qwen2.5-coder:7b",
            "http://127.0.0.1:11434",
            "ollama",
            ("suffix", "template"),
            "qwen",
            32_768,
        ),
        ("ollama/llama3.2", "http://127.0.0.1:11434", "ollama", ("suffix",), "", 0),
        (
            "vllm/bigcode/starcoder2-3b",
            "http://127.0.0.1:8000/v1",
            "openai-compatible",
            ("template",),
            "starcoder2",
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
    assert found.endpoint == Endpoint("openai", "responses", "https://api.openai.com/v1", "gpt-6-luna", key="sk-1")
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
    assert found.endpoint.base_url == "http://10.0.0.5:11434"
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
        ("work/x", {"work": ProviderConfig(base_url=("http://a", "http://b:port"))}, r'base_url is "http://b:port"'),
        (
            "github/gpt-5",
            {},
            r"GitHub Models was shut down on 30 July 2026.*Choose one of these providers: anthropic, ",
        ),
        ("copilot/gpt-5", {}, r"documents no HTTP endpoint of Copilot that a third party may use"),
        (
            "azure/x",
            {"azure": ProviderConfig(api_key_env="K")},
            r'providers\.azure\.base_url is ""; set it to an address',
        ),
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


@pytest.mark.parametrize(
    ("model", "completion", "chat"),
    [
        (
            "mistral/codestral-latest",
            ("mistral", "https://api.mistral.ai/v1"),
            ("mistral", "https://api.mistral.ai/v1"),
        ),
        (
            "deepseek/deepseek-flash",
            ("openai-compatible", "https://api.deepseek.com/beta"),
            ("openai-compatible", "https://api.deepseek.com/v1"),
        ),
        (
            "inception/mercury-edit-2",
            ("openai-compatible", "https://api.inceptionlabs.ai/v1/fim"),
            ("openai-compatible", "https://api.inceptionlabs.ai/v1"),
        ),
        ("ollama/x", ("ollama", "http://127.0.0.1:11434"), ("ollama", "http://127.0.0.1:11434")),
    ],
)
def test_each_voice_has_its_endpoint(model: str, completion: tuple[str, str], chat: tuple[str, str]) -> None:
    """Some providers fill in the middle at another address than that of their chat."""
    keys = {row.api_key_env: "k" for row in PROVIDERS.values()}
    for voice, expected in (("completion", completion), ("chat", chat)):
        endpoint = resolve(model, Config(), keys, voice).endpoint  # type: ignore[arg-type]  # from a table
        assert (endpoint.dialect, endpoint.base_url) == expected
        assert check(model, environ=keys).fim_ways[:1] == ("suffix",)


@pytest.mark.parametrize(
    ("like", "url", "asked"),
    [
        ("vllm", "http://10.0.0.1:8000", "http://10.0.0.1:8000/v1"),
        ("vllm", "http://10.0.0.1:8000/", "http://10.0.0.1:8000/v1"),
        ("vllm", " http://10.0.0.1:8000/v1// ", "http://10.0.0.1:8000/v1"),
        ("vllm", "http://[::1]:8000", "http://[::1]:8000/v1"),
        ("vllm", "https://gateway.test/team/llm", "https://gateway.test/team/llm"),
        ("vllm", "https://gateway.test/v1?key=x#y", "https://gateway.test/v1"),
        ("ollama", "http://10.0.0.1:11434/v1", "http://10.0.0.1:11434"),
        ("ollama", "http://10.0.0.1:11434/", "http://10.0.0.1:11434"),
        ("ollama", "https://gateway.test/ollama", "https://gateway.test/ollama"),
        ("llamacpp", "http://[fe80::1]:8080/v1", "http://[fe80::1]:8080"),
        ("azure", "https://r.openai.azure.com", "https://r.openai.azure.com/openai/v1"),
        ("gemini", "https://generativelanguage.googleapis.com", "https://generativelanguage.googleapis.com/v1beta"),
        ("groq", "https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1"),
    ],
)
def test_an_address_however_it_is_written(like: str, url: str, asked: str) -> None:
    """With and without /v1, with a slash at the end, in brackets: the address that is asked is the same."""
    assert check("work/x", {"work": ProviderConfig(like, url)}).endpoint.base_url == asked


def test_a_voice_s_address_behind_a_gateway() -> None:
    """An address of one's own is moved for completions only if it ends as the vendor's does."""
    for url, asked in (("https://g.test", "https://g.test/beta"), ("https://g.test/ds", "https://g.test/ds")):
        own = {"work": ProviderConfig("deepseek", url)}
        assert resolve("work/x", Config(providers=own), {}, "completion").endpoint.base_url == asked


@pytest.mark.parametrize("voice", ["completion", "chat"])
def test_a_pool(voice: Voice) -> None:
    """A list of addresses makes an endpoint with as many members, each as if it stood alone; doubles count once."""
    urls = ("http://127.0.0.1:1", "http://127.0.0.1:2/v1", "http://127.0.0.1:1")
    own = {"work": ProviderConfig("vllm", urls, "WORK_KEY", headers={"X-Team": "blue"})}
    endpoint = resolve("work/x", Config(providers=own), {"WORK_KEY": "k"}, voice).endpoint
    assert isinstance(endpoint, Pool)
    assert endpoint.local
    alone = Endpoint("work", "openai-compatible", "", "x", "k", {"X-Team": "blue"}, local=True)
    assert members(endpoint) == tuple(_at(alone, f"http://127.0.0.1:{port}/v1") for port in (1, 2))
    assert "'k'" not in repr(endpoint)


def test_a_pool_is_local_only_if_all_of_it_is() -> None:
    """One address elsewhere is enough for text to leave this machine."""
    own = {"work": ProviderConfig(base_url=("http://127.0.0.1:1", "http://10.0.0.1"))}
    assert not check("work/x", own).endpoint.local


@pytest.mark.parametrize(
    ("model", "local"),
    [
        ("ollama/qwen3-coder:30b", True),
        ("ollama/gpt-oss:120b-cloud", False),
        ("ollama/glm-4.6:cloud", False),
        ("litellm/anything", False),
    ],
)
def test_a_server_here_that_passes_texts_on_is_not_local(model: str, local: bool) -> None:
    """A gateway, or a model that runs elsewhere, gets nothing that may not leave this machine."""
    assert check(model).endpoint.local is local


def _at(endpoint: Endpoint, url: str) -> Endpoint:
    return replace(endpoint, base_url=url)


@pytest.mark.parametrize("environ", [{}, {"OLLAMA_API_KEY": "k"}])
def test_a_server_of_ones_own_may_do_without_a_key(environ: dict[str, str]) -> None:
    """The variable of a built-in server that people run themselves is used if it is set."""
    assert check("ollama/x", environ=environ).endpoint.key == environ.get("OLLAMA_API_KEY", "")


def test_what_the_catalogue_and_the_settings_know() -> None:
    """A model comes with its facts and its price; the settings know better; nobody else's price is taken for it."""
    keys = {"ANTHROPIC_API_KEY": "k"}
    model = check("anthropic/claude-opus-5-5", environ=keys)
    assert (model.facts.max_output_tokens, model.sampling, model.context_window) == (128_000, False, 1_000_000)
    assert model.price is not None
    assert (model.price.input, model.price.output) == (4, 20)
    moved = {"anthropic": ProviderConfig(base_url="https://gateway.test/v1")}
    assert check("anthropic/claude-opus-5-5", moved, keys).price is None
    better = {"*opus*": ModelConfig(context_window=5, images=False, sampling=True, input_usd=1, output_usd=2)}
    model = resolve("anthropic/claude-opus-5-5", Config(providers=moved, models=better), keys)
    assert (model.facts.images, model.sampling, model.context_window, model.price) == (False, True, 5, Price(1, 2))


@pytest.mark.parametrize(
    ("model", "sampling"),
    [
        ("ollama/anything", True),
        ("vllm/qwen3-coder", True),
        ("work/qwen3-coder", True),
        ("work/anything", False),
        ("openai/gpt-6-sol", False),
        ("mistral/codestral-latest", True),
        ("local", True),
    ],
)
def test_a_temperature_is_sent_only_where_it_is_taken(model: str, sampling: bool) -> None:
    """A server that takes one for every model, or a model that is known to take one; in doubt, none is sent."""
    keys = {row.api_key_env: "k" for row in PROVIDERS.values()}
    assert check(model, {"work": ProviderConfig(base_url="http://x")}, keys).sampling is sampling


def test_every_row_is_whole() -> None:
    """Each provider speaks a dialect that there is, at an address as it is asked, and its limits are documented."""
    for name, row in PROVIDERS.items():
        assert row.name == name
        assert row.dialect in DIALECTS
        assert not row.base_url or normalised(row.base_url, row.path) == row.base_url
        assert row.base_url.endswith(row.path) or not row.base_url
        assert row.base_url or normalised(row.example, row.path) == row.example
        assert row.limits.startswith("https://") or name in ("local", "openai-compatible")
        assert row.api_key_env or row.local or not row.base_url
    assert not set(NOT_OFFERED) & set(PROVIDERS)
