"""Providers as rows, and how "provider/model" and the settings become a model that can be asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from urllib.parse import urlsplit

from lsp_server.config import Config, FimWay, ProviderConfig
from lsp_server.errors import SettingsError
from lsp_server.models import catalog
from lsp_server.models.messages import Endpoint

EMBEDDED = "local"


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider: where it is, how it talks, and in which ways it fills in the middle, the best first.

    `dialect` names a module of `models.wire`. `api_key_env` is "" when no key is needed. No `fim_ways` means that it
    can only chat. `local` says that people run it themselves, so that asking what it offers costs nothing.
    `keep_alive` is False for a server that closes each connection after a stream, whatever its headers say: a
    connection kept for reuse would be dead when it is needed.
    """

    name: str
    dialect: str
    base_url: str
    api_key_env: str = ""
    fim_ways: tuple[FimWay, ...] = ()
    local: bool = True
    keep_alive: bool = True


# vLLM answers 400 to a suffix; llama.cpp's /v1/completions ignores it in silence; its /infill needs a model with
# tokens for it, and answers 501 otherwise.
_ROWS = (
    Provider(EMBEDDED, "llamacpp", "", fim_ways=("prefix",), keep_alive=False),
    Provider("llamacpp", "llamacpp", "http://127.0.0.1:8080", fim_ways=("infill", "prefix"), keep_alive=False),
    Provider("ollama", "openai-compatible", "http://127.0.0.1:11434/v1", fim_ways=("suffix", "template")),
    Provider("vllm", "openai-compatible", "http://127.0.0.1:8000/v1", fim_ways=("template",)),
    Provider("lmstudio", "openai-compatible", "http://127.0.0.1:1234/v1", fim_ways=("template",)),
    Provider("openai", "openai", "https://api.openai.com/v1", "OPENAI_API_KEY", local=False),
    Provider("openai-compatible", "openai-compatible", "", fim_ways=("suffix", "template", "prefix"), local=False),
)
PROVIDERS: Mapping[str, Provider] = MappingProxyType({row.name: row for row in _ROWS})


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be asked.

    `fim_ways` holds the ways to try, the best first ("infill", "suffix", "template", "prefix"), or nothing; "template"
    only when `fim_template` is known. `context_window` is in tokens, 0 when unknown. An embedded model's endpoint has
    no base_url before its engine runs.
    """

    endpoint: Endpoint
    fim_ways: tuple[FimWay, ...]
    fim_template: str
    context_window: int
    embedded: bool


def resolve(model: str, config: Config, environ: Mapping[str, str]) -> Model:
    """Give the model that "local" or "provider/model" stands for.

    Raises SettingsError, which says what to set: a provider that is unknown or has no address, a key that is missing.
    """
    if model == EMBEDDED:
        row = PROVIDERS[EMBEDDED]
        endpoint = Endpoint(row.name, row.dialect, row.base_url, "", keep_alive=row.keep_alive, local=True)
        return Model(endpoint, row.fim_ways, "", config.local.context_window, embedded=True)
    provider, name = _parted(model, config)
    own = config.providers.get(provider, ProviderConfig(like=provider))
    row = _row(provider, own)
    template = _template(provider, own, name)
    endpoint = _endpoint(provider, name, own, row, environ)
    window = own.context_window or catalog.context_window(name)
    return Model(endpoint, _ways(own, row, template), template, window, embedded=False)


def _parted(model: str, config: Config) -> tuple[str, str]:
    provider, slash, name = model.partition("/")
    known = sorted({*config.providers, *PROVIDERS} - {EMBEDDED})
    if not slash or not name or provider == EMBEDDED:
        example = provider if provider in known else "ollama"
        raise SettingsError(
            f'The model "{model}" names no provider and model; write it as "{example}/MODEL" or "local".'
        )
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


def _endpoint(provider: str, name: str, own: ProviderConfig, row: Provider, environ: Mapping[str, str]) -> Endpoint:
    base_url = (own.base_url or row.base_url).strip().rstrip("/")
    host = _host(base_url)
    if not host:
        example = "set it to an address such as http://127.0.0.1:8000/v1"
        raise SettingsError(f'providers.{provider}.base_url is "{base_url}"; {example}.')
    return Endpoint(
        provider=provider,
        dialect=row.dialect,
        base_url=base_url,
        model=name,
        key=_key(provider, own, row, environ),
        headers=own.headers,
        keep_alive=row.keep_alive,
        local=_is_loopback(host),
    )


def _key(provider: str, own: ProviderConfig, row: Provider, environ: Mapping[str, str]) -> str:
    """Give the key, "" when none is needed. The key of a built-in provider is never sent to another one's address."""
    variable = own.api_key_env or (row.api_key_env if provider == row.name else "")
    key = environ.get(variable, "").strip() if variable else ""
    if variable and not key:
        remedy = f"set the environment variable {variable} where the editor is started"
        raise SettingsError(f"There is no key for {provider}; {remedy}.")
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(f"The key in the environment variable {variable} is not plain ASCII; copy it there again.")
    return key


def _template(provider: str, own: ProviderConfig, name: str) -> str:
    template = own.fim_template or catalog.fim_template(name)
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


def _host(base_url: str) -> str:
    """Give the host of an http or https address; "" when it is none."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        return ""
    return (parts.hostname or "") if usable else ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f' (do you mean "{near[0]}"?)' if near else ""


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
