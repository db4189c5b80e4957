"""What is known of models by their names: limits, abilities, how they fill in a hole, and what vendors ask for them.

The facts stand in `catalog.toml`, with their date. Unknown stays unknown: None, 0 or "". The settings win over it, in
`providers`. The families' templates are in `completion.fim`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from lsp_server.config import ModelConfig
from lsp_server.errors import SettingsError
from lsp_server.models.prices import Price

FIM_TEMPLATES = (
    "qwen",
    "starcoder",
    "starcoder2",
    "codellama",
    "deepseek",
    "codestral",
    "codegemma",
    "granite",
    "seed",
    "mellum",
    "glm",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one model; None, 0 and "" are unknown.

    `fim_template` is a name in FIM_TEMPLATES. `context_window` holds prompt and answer, `max_output_tokens` bounds the
    answer, both in tokens. `images` and `audio` are about what it takes, `sampling` is whether it takes a temperature.
    """

    fim_template: str = ""
    context_window: int = 0
    max_output_tokens: int = 0
    tools: bool | None = None
    images: bool | None = None
    audio: bool | None = None
    reasoning: bool | None = None
    structured_output: bool | None = None
    sampling: bool | None = None


NOTHING = Facts()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Facts by a pattern for a part of a model's name, and prices by provider and pattern; the first that fits decides.

    `dated` is the day on which they were looked up.
    """

    dated: date
    models: tuple[tuple[re.Pattern[str], Facts], ...] = ()
    prices: tuple[tuple[str, re.Pattern[str], Price], ...] = ()

    def facts(self, model: str) -> Facts:
        """Give what is known of a model, such as "Qwen/Qwen2.5-Coder-7B", "qwen2.5-coder:7b" or "….Q4_K_M.gguf"."""
        name = _normal(model)
        return next((facts for pattern, facts in self.models if pattern.search(name)), NOTHING)

    def price(self, provider: str, model: str) -> Price | None:
        """Give what a provider asks for a model; None when that is not known."""
        name = _normal(model)
        return next(
            (price for seller, pattern, price in self.prices if seller == provider and pattern.search(name)), None
        )

    def before(self, other: Catalogue) -> Catalogue:
        """Give the catalogue in which these rows stand before those of another."""
        return Catalogue(self.dated, self.models + other.models, self.prices + other.prices)


@cache
def packaged() -> Catalogue:
    """Give the catalogue that comes with this version."""
    return parse(resources.files(__package__).joinpath("catalog.toml").read_text("utf-8"), "catalog.toml")


def with_file(path: str) -> Catalogue:
    """Give the packaged catalogue, with the rows of a file before its own; "" is no file. Raises SettingsError."""
    if not path:
        return packaged()
    file = Path(path).expanduser()
    try:
        return _read(file, file.stat().st_mtime_ns).before(packaged())
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"The catalogue {path} cannot be read ({exc}); correct the setting catalog.") from exc


def parse(text: str, source: str) -> Catalogue:
    """Read a catalogue in TOML; `source` names it in errors. Raises SettingsError for anything that is no catalogue."""
    try:
        raw = tomllib.loads(text)
        dated = raw["dated"]
        if not isinstance(dated, date):
            raise TypeError("dated is no date")
        models = tuple((_pattern(row), _row(Facts, row)) for row in raw.get("models", ()))
        prices = tuple(
            (str(row["provider"]), _pattern(row), _row(Price, {"dated": dated.isoformat(), **row}))
            for row in raw.get("prices", ())
        )
    except (ValueError, KeyError, TypeError, AttributeError, re.error) as exc:
        raise SettingsError(f"{source} is no catalogue of models ({exc}); correct it, or the setting catalog.") from exc
    return Catalogue(dated, models, prices)


def fim_template(model: str) -> str:
    """Give the template family of a model, a name in FIM_TEMPLATES; "" when it is unknown or has none."""
    return packaged().facts(model).fim_template


def context_window(model: str) -> int:
    """Give the context window of a model, in tokens; 0 when it is unknown."""
    return packaged().facts(model).context_window


def own(provider: str, model: str, models: Mapping[str, ModelConfig]) -> ModelConfig:
    """Give what the settings know about a model: the first entry that fits its name, with or without the provider."""
    names = (f"{provider}/{model}", model)
    fitting = (better for pattern, better in models.items() if any(fnmatchcase(name, pattern) for name in names))
    return next(fitting, ModelConfig())


def improved(facts: Facts, better: ModelConfig) -> Facts:
    """Give the facts with those of the settings in place of them."""
    known: dict[str, Any] = {each.name: getattr(better, each.name, None) for each in fields(Facts)}
    changes: dict[str, Any] = {name: value for name, value in known.items() if value is False or value}
    return replace(facts, **changes)


def own_price(better: ModelConfig) -> Price | None:
    """Give the price that stands in the settings; None unless both directions have one."""
    if better.input_usd is None or better.output_usd is None:
        return None
    return Price(better.input_usd, better.output_usd, better.cache_read_usd, better.cache_write_usd)


@cache
def _read(file: Path, changed_ns: int) -> Catalogue:
    """Read a file once for each time that it was changed."""
    return parse(file.read_text("utf-8"), str(file))


def _normal(model: str) -> str:
    return model.lower().replace("_", "-")


_Row = TypeVar("_Row", Facts, Price)

# What may stand in a field, by its type hint.
_KINDS: Mapping[str, Sequence[type]] = {
    "str": (str,),
    "int": (int,),
    "bool | None": (bool,),
    "float": (int, float),
    "float | None": (int, float),
}


def _pattern(row: Mapping[str, Any]) -> re.Pattern[str]:
    return re.compile(row["pattern"])


def _row(kind: type[_Row], row: Mapping[str, Any]) -> _Row:
    """Give a row as a value. Raises TypeError for an unknown field, or a value of the wrong type."""
    types = {each.name: str(each.type) for each in fields(kind)}
    values = {name: value for name, value in row.items() if name not in ("pattern", "provider")}
    for name, value in values.items():
        if name not in types:
            raise TypeError(f"{name} is no field of a row")
        if type(value) not in _KINDS[types[name]]:
            raise TypeError(f"{name} is {value!r} in the row {row.get('pattern')!r}")
    return kind(**values)
