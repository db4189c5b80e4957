"""Providers as rows, and how "provider/model" and the settings become a model that can be asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from lsp_server.config import Config, FimWay, ProviderConfig
from lsp_server.errors import SettingsError
from lsp_server.models import catalog
from lsp_server.models.address import is_loopback, normalised, sibling
from lsp_server.models.catalog import NOTHING, Facts
from lsp_server.models.messages import Auth, Endpoint
from lsp_server.models.pool import Pool
from lsp_server.models.prices import Price

EMBEDDED = "local"

Voice: TypeAlias = Literal["completion", "chat"]


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider: where it is, how it talks, and in which ways it fills in the middle, the best first.

    `dialect` names a module of `models.wire`; its paths are added to `base_url`. Where everybody has an address of
    their own, that is "", and `example` shows one. For completions the path of the address becomes `fim_path`, when
    that is not "". `api_key_env` is "" when no key is needed, `auth` how the key is sent; a server that people run
    themselves may do without. No `fim_ways` means that it can only chat.

    `local` says that people run it themselves, so that asking what it offers costs nothing. `elsewhere` is a pattern
    for names of models to which it passes texts on: they leave this machine even if the server runs on it.
    `keep_alive` is False for a server that closes each connection after a stream, whatever its headers say: a
    connection kept for reuse would be dead when it is needed. `sampling` says that the server takes a temperature for
    every model. `limits` is the page that documents its limits.
    """

    name: str
    dialect: str
    base_url: str
    api_key_env: str = ""
    fim_ways: tuple[FimWay, ...] = ()
    local: bool = False
    keep_alive: bool = True
    example: str = "http://127.0.0.1:8000/v1"
    fim_path: str = ""
    auth: Auth = "bearer"
    sampling: bool = False
    elsewhere: str = ""
    limits: str = ""

    @property
    def path(self) -> str:
        """The path at which the API of such a server begins; "" for its root."""
        return urlsplit(self.base_url or self.example).path


_SUFFIX: tuple[FimWay, ...] = ("suffix",)
_TEMPLATE: tuple[FimWay, ...] = ("template",)
_ANY_WAY: tuple[FimWay, ...] = ("suffix", "template", "prefix")
_COMPATIBLE = "openai-compatible"

# What people run themselves.
_server = partial(Provider, local=True, sampling=True)
_OWN = (
    # llama.cpp's /v1/completions ignores a suffix in silence; its /infill answers 501 when the model has no tokens for
    # it. It closes each connection after a stream.
    _server(EMBEDDED, "llamacpp", "", fim_ways=("prefix",), keep_alive=False),
    _server(
        "llamacpp",
        "llamacpp",
        "http://127.0.0.1:8080",
        fim_ways=("infill", "prefix"),
        keep_alive=False,
        limits="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
    ),
    # By its own dialect, since the other one cannot say how long a prompt may be, and then cuts it in silence. Models
    # with "cloud" in their tag run at its makers'.
    _server(
        "ollama",
        "ollama",
        "http://127.0.0.1:11434",
        "OLLAMA_API_KEY",
        fim_ways=("suffix", "template"),
        elsewhere="[:-]cloud$",
        limits="https://docs.ollama.com/faq",
    ),
    # Answers 400 to a suffix.
    _server(
        "vllm",
        _COMPATIBLE,
        "http://127.0.0.1:8000/v1",
        fim_ways=_TEMPLATE,
        limits="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
    ),
    # Takes a suffix only if it was started with a completion template.
    _server(
        "sglang",
        _COMPATIBLE,
        "http://127.0.0.1:30000/v1",
        fim_ways=("template", "suffix"),
        limits="https://docs.sglang.ai/basic_usage/openai_api_completions.html",
    ),
    _server(
        "lmstudio",
        _COMPATIBLE,
        "http://127.0.0.1:1234/v1",
        fim_ways=_TEMPLATE,
        limits="https://lmstudio.ai/docs/app/api/endpoints/openai",
    ),
    _server(
        "litellm",
        _COMPATIBLE,
        "http://127.0.0.1:4000/v1",
        "LITELLM_API_KEY",
        fim_ways=_ANY_WAY,
        sampling=False,
        elsewhere=".",
        limits="https://docs.litellm.ai/docs/proxy/users",
    ),
    Provider(_COMPATIBLE, _COMPATIBLE, "", fim_ways=_ANY_WAY),
)

_CLOUDS = (
    # Its newest models call tools only by the dialect "responses". It has no model left that fills in the middle.
    Provider(
        "openai",
        "responses",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        limits="https://developers.openai.com/api/docs/guides/rate-limits",
    ),
    # The model is the name of the deployment; the address is that of the person's own resource.
    Provider(
        "azure",
        "openai",
        "",
        "AZURE_OPENAI_API_KEY",
        example="https://NAME.openai.azure.com/openai/v1",
        auth="api-key",
        limits="https://learn.microsoft.com/azure/ai-services/openai/quotas-limits",
    ),
    Provider(
        "anthropic",
        "anthropic",
        "https://api.anthropic.com/v1",
        "ANTHROPIC_API_KEY",
        auth="x-api-key",
        limits="https://platform.claude.com/docs/en/api/rate-limits",
    ),
    # The key goes into a header and never into the address, which ends up in logs.
    Provider(
        "gemini",
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        "GEMINI_API_KEY",
        auth="x-goog-api-key",
        limits="https://ai.google.dev/gemini-api/docs/rate-limits",
    ),
    Provider(
        "mistral",
        "mistral",
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        fim_ways=_SUFFIX,
        limits="https://docs.mistral.ai/deployment/laplateforme/tier/",
    ),
    # A key of its own, meant for use in an editor.
    Provider(
        "codestral",
        "mistral",
        "https://codestral.mistral.ai/v1",
        "CODESTRAL_API_KEY",
        fim_ways=_SUFFIX,
        limits="https://docs.mistral.ai/deployment/laplateforme/tier/",
    ),
    # Fills in the middle at its beta address only, without thinking, in at most 4,000 tokens.
    Provider(
        "deepseek",
        _COMPATIBLE,
        "https://api.deepseek.com/v1",
        "DEEPSEEK_API_KEY",
        fim_ways=_SUFFIX,
        fim_path="/beta",
        limits="https://api-docs.deepseek.com/quick_start/rate_limit",
    ),
    Provider(
        "inception",
        _COMPATIBLE,
        "https://api.inceptionlabs.ai/v1",
        "INCEPTION_API_KEY",
        fim_ways=_SUFFIX,
        fim_path="/v1/fim",
        limits="https://docs.inceptionlabs.ai",
    ),
)

# Clouds that speak as OpenAI does, and only chat: name, address, variable of the key, page of the limits.
_LIKE_OPENAI = (
    ("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "openrouter.ai/docs/api-reference/limits"),
    ("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", "console.groq.com/docs/rate-limits"),
    ("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY", "docs.together.ai/docs/rate-limits"),
    (
        "fireworks",
        "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
        "docs.fireworks.ai/guides/quotas_usage",
    ),
    ("xai", "https://api.x.ai/v1", "XAI_API_KEY", "docs.x.ai/docs/key-information/consumption-and-rate-limits"),
    ("huggingface", "https://router.huggingface.co/v1", "HF_TOKEN", "huggingface.co/docs/inference-providers/pricing"),
)
_CHATTING = tuple(
    Provider(name, _COMPATIBLE, url, variable, limits=f"https://{limits}")
    for name, url, variable, limits in _LIKE_OPENAI
)
PROVIDERS: Mapping[str, Provider] = MappingProxyType({row.name: row for row in (*_OWN, *_CLOUDS, *_CHATTING)})

# What people look for and cannot have, and why.
NOT_OFFERED: Mapping[str, str] = MappingProxyType(
    {
        "github": "GitHub Models was shut down on 30 July 2026 and answers 410",
        "copilot": "GitHub documents no HTTP endpoint of Copilot that a third party may use; what it does offer, its "
        "language server and its SDK, are programs of their own that a person signs in to",
    }
)


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be asked.

    `fim_ways` holds the ways to try, the best first ("infill", "suffix", "template", "prefix"), or nothing; "template"
    only when `fim_template` is known. `context_window` is in tokens, 0 when unknown. An embedded model's endpoint has
    no base_url before its engine runs. `facts` and `price` are what the catalogue and the settings know, `sampling`
    whether a temperature may be sent.
    """

    endpoint: Endpoint
    fim_ways: tuple[FimWay, ...]
    fim_template: str
    context_window: int
    embedded: bool
    facts: Facts = NOTHING
    price: Price | None = None
    sampling: bool = False


def resolve(model: str, config: Config, environ: Mapping[str, str], voice: Voice = "chat") -> Model:
    """Give the model that "local" or "provider/model" stands for, at the endpoint that serves this voice.

    Raises SettingsError, which says what to set: a provider that is unknown or has no address, a key that is missing.
    """
    if model == EMBEDDED:
        row = PROVIDERS[EMBEDDED]
        endpoint = Endpoint(row.name, row.dialect, row.base_url, "", keep_alive=row.keep_alive, local=True)
        return Model(endpoint, row.fim_ways, "", config.local.context_window, embedded=True, sampling=True)
    provider, name = _parted(model, config)
    own = config.providers.get(provider, ProviderConfig(like=provider))
    row = _row(provider, own)
    known = catalog.with_file(config.catalog)
    better = catalog.own(provider, name, config.models)
    facts = catalog.improved(known.facts(name), better)
    template = _template(provider, own, name, facts)
    endpoint = _endpoint(provider, name, own, row, environ, voice)
    return Model(
        endpoint,
        _ways(own, row, template),
        template,
        own.context_window or facts.context_window,
        embedded=False,
        facts=facts,
        price=catalog.own_price(better) or (known.price(row.name, name) if _sells(own, row) else None),
        sampling=facts.sampling if facts.sampling is not None else row.sampling,
    )


def _parted(model: str, config: Config) -> tuple[str, str]:
    provider, slash, name = model.partition("/")
    known = sorted({*config.providers, *PROVIDERS} - {EMBEDDED})
    if not slash or not name or provider == EMBEDDED:
        example = provider if provider in known else "ollama"
        raise SettingsError(
            f'The model "{model}" names no provider and model; write it as "{example}/MODEL" or "local".'
        )
    if provider not in known and provider in NOT_OFFERED:
        raise SettingsError(f"{NOT_OFFERED[provider]}. Choose one of these providers: {_list(known)}.")
    if provider not in known:
        what = f'There is no provider "{provider}"'
        raise SettingsError(
            f"{what}{_nearest(provider, known)}; add [providers.{provider}] or use one of these: {_list(known)}."
        )
    return provider, name


def _row(provider: str, own: ProviderConfig) -> Provider:
    """Give the built-in row: the one that `like` names, or the provider's own when `like` was left alone."""
    like = provider if provider in PROVIDERS and own.like == ProviderConfig().like else own.like
    known = sorted(PROVIDERS)
    if like not in PROVIDERS:
        what = f'providers.{provider}.like is "{like}", which is no built-in provider'
        raise SettingsError(f"{what}{_nearest(like, known)}; use one of these: {_list(known)}.")
    return PROVIDERS[like]


def _endpoint(
    provider: str, name: str, own: ProviderConfig, row: Provider, environ: Mapping[str, str], voice: Voice
) -> Endpoint:
    urls = tuple(_address(provider, url, row, voice) for url in _listed(own.base_url) or (row.base_url,))
    endpoint = Endpoint(
        provider=provider,
        dialect=row.dialect,
        base_url=urls[0],
        model=name,
        key=_key(provider, own, row, environ),
        headers=own.headers,
        keep_alive=row.keep_alive,
        local=all(map(is_loopback, urls)) and not (row.elsewhere and re.search(row.elsewhere, name)),
        auth=row.auth,
    )
    return Pool.of(endpoint, urls) if len(urls) > 1 else endpoint


def _listed(base_url: str | tuple[str, ...]) -> tuple[str, ...]:
    """Give the addresses of the settings, each once."""
    urls = (base_url,) if isinstance(base_url, str) else base_url
    return tuple(dict.fromkeys(url for url in urls if url))


def _address(provider: str, url: str, row: Provider, voice: Voice) -> str:
    address = normalised(url, row.path)
    if not address:
        example = f"set it to an address such as {row.base_url or row.example}"
        raise SettingsError(f'providers.{provider}.base_url is "{url}"; {example}.')
    return sibling(address, row.path, row.fim_path) if voice == "completion" else address


def _key(provider: str, own: ProviderConfig, row: Provider, environ: Mapping[str, str]) -> str:
    """Give the key, "" when none is needed. The key of a built-in provider is never sent to another one's address."""
    variable = own.api_key_env or (row.api_key_env if provider == row.name else "")
    key = environ.get(variable, "").strip() if variable else ""
    if variable and not key and (own.api_key_env or not row.local):
        remedy = f"set the environment variable {variable} where the editor is started"
        raise SettingsError(f"There is no key for {provider}; {remedy}.")
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(f"The key in the environment variable {variable} is not plain ASCII; copy it there again.")
    return key


def _sells(own: ProviderConfig, row: Provider) -> bool:
    """Tell whether the catalogue's prices of a vendor hold: nobody else's address is paid at them."""
    return not own.base_url or all(normalised(url, row.path) == row.base_url for url in _listed(own.base_url))


def _template(provider: str, own: ProviderConfig, name: str, facts: Facts) -> str:
    template = own.fim_template or facts.fim_template
    setting = f"providers.{provider}.fim_template"
    if template and template not in catalog.FIM_TEMPLATES:
        what = f'{setting} is "{template}", which is no template{_nearest(template, catalog.FIM_TEMPLATES)}'
        raise SettingsError(f"{what}; use one of these: {_list(catalog.FIM_TEMPLATES)}.")
    if own.fim == "template" and not template:
        what = f'The template of the model "{name}" is not known'
        raise SettingsError(f"{what}; set {setting} to one of these: {_list(catalog.FIM_TEMPLATES)}.")
    return template


def _ways(own: ProviderConfig, row: Provider, template: str) -> tuple[FimWay, ...]:
    ways: tuple[FimWay, ...] = row.fim_ways if own.fim == "auto" else (own.fim,)
    return tuple(way for way in ways if way != "none" and (way != "template" or template))


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f' (do you mean "{near[0]}"?)' if near else ""


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
