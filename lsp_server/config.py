"""The settings tree: every setting with its type, default and limits. How raw settings become one is in `settings`.

In each docstring the sentence that begins with a field's name describes that field; the JSON Schema of the settings
is made of these sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Limits:
    """What a value must keep to beyond its type.

    Numbers keep to `at_least`, `above` and `at_most`. A text has at most `longest` characters and matches the whole of
    `pattern`, which `meaning` says in words. The value of a `secret` is never shown in a message.
    """

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    longest: int | None = None
    pattern: str | None = None
    meaning: str = ""
    secret: bool = False


Eagerness: TypeAlias = Literal["off", "manual", "calm", "eager"]
FimWay: TypeAlias = Literal["auto", "infill", "suffix", "template", "prefix", "none"]

ModelName: TypeAlias = Annotated[str, Limits(pattern=r"local|[^/\s]+/\S+", meaning='"local" or "provider/model"')]
Instructions: TypeAlias = Annotated[str, Limits(longest=40_000)]
Url: TypeAlias = Annotated[str, Limits(pattern=r"(https?://[^/\s]\S*)?", meaning="an http:// or https:// address")]
Path: TypeAlias = Annotated[str, Limits(longest=4_096)]
Variable: TypeAlias = Annotated[
    str,
    # A key pasted here by mistake is refused by the pattern, and must not turn up in the message about it.
    Limits(
        pattern=r"([A-Za-z_][A-Za-z0-9_]{0,63})?",
        meaning="the name of an environment variable, never the key itself",
        secret=True,
    ),
]
ProviderName: TypeAlias = Annotated[
    str, Limits(pattern=r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", meaning="a short name of letters, digits, '.', '_' and '-'")
]
HeaderName: TypeAlias = Annotated[
    str, Limits(pattern=r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", meaning="a header name (RFC 9110, section 5.1)")
]
HeaderValue: TypeAlias = Annotated[
    str, Limits(pattern=r"[\t -~]*", meaning="one line of printable ASCII characters", secret=True)
]
ModelPattern: TypeAlias = Annotated[
    str, Limits(pattern=r"\S{1,200}", meaning='a model or "provider/model", in which * stands for any text')
]
Tokens: TypeAlias = Annotated[int, Limits(at_least=1, at_most=1_000_000)]
ManyTokens: TypeAlias = Annotated[int, Limits(at_least=0, at_most=100_000_000)]
Seconds: TypeAlias = Annotated[float, Limits(above=0, at_most=3600)]
Dollars: TypeAlias = Annotated[float, Limits(at_least=0, at_most=1_000_000)]


@dataclass(frozen=True, slots=True)
class LanguageConfig:
    """Ghost text in one language.

    `eagerness` holds in place of the general one.
    """

    eagerness: Eagerness | None = None


@dataclass(frozen=True, slots=True)
class CompletionConfig:
    """Ghost text.

    `model` is "provider/model"; "local" is the embedded one.
    `eagerness` says when text is offered: never (off), when asked for (manual), at a pause (calm), or with every key
    (eager).
    `max_lines` bounds one suggestion, in lines.
    `max_tokens` bounds one suggestion, in tokens of the model.
    `timeout_s` bounds one request, in seconds.
    `languages` holds what differs in a language, by its language id.
    `fallback` names the models to take instead, in order, while `model` is overloaded, out of reach, or refuses more
    requests.
    """

    model: ModelName = "local"
    eagerness: Eagerness = "eager"
    max_lines: Annotated[int, Limits(at_least=1, at_most=1000)] = 12
    max_tokens: Tokens = 160
    timeout_s: Seconds = 8.0
    languages: Mapping[str, LanguageConfig] = field(default_factory=dict)
    fallback: tuple[ModelName, ...] = ()

    def eagerness_for(self, language_id: str) -> Eagerness:
        """Give the eagerness that holds in a language."""
        language = self.languages.get(language_id)
        return (language.eagerness if language else None) or self.eagerness


@dataclass(frozen=True, slots=True)
class ChatConfig:
    """Chat and commands.

    `model` is "provider/model"; "local" is the embedded one.
    `max_tokens` bounds one answer, in tokens of the model.
    `timeout_s` bounds one request, in seconds.
    `instructions` are added to every system prompt.
    `fallback` names the models to ask instead, in order, while `model` is overloaded, out of reach, or refuses more
    requests.
    `budget_usd_per_day` stops requests before they are sent, once so many dollars have been spent in a day; only what
    has a known price counts.
    `first_byte_timeout_s` bounds the wait for the first sign of an answer, in seconds.
    `idle_timeout_s` bounds a silence within an answer, in seconds.
    """

    model: ModelName = "local"
    max_tokens: Tokens = 1024
    timeout_s: Seconds = 120.0
    instructions: Instructions = ""
    fallback: tuple[ModelName, ...] = ()
    budget_usd_per_day: Dollars | None = None
    first_byte_timeout_s: Seconds = 120.0
    idle_timeout_s: Seconds = 60.0


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """A provider of one's own, or changes to a built-in one.

    `like` names the built-in row it behaves like.
    `base_url` is the address that the paths of the dialect are added to, or a list of addresses of servers that are
    alike: each request goes to the one that is least busy.
    `api_key_env` names the environment variable that holds the key.
    `fim` is the way in which this endpoint fills in the middle; "auto" takes what the built-in row says.
    `fim_template` names a row of the template table, for `fim` "template".
    `context_window` is how many tokens the model takes; 0 is what the built-in row says.
    `headers` are sent with every request.
    """

    like: ProviderName = "openai-compatible"
    base_url: Url | tuple[Url, ...] = ""
    api_key_env: Variable = ""
    fim: FimWay = "auto"
    fim_template: str = ""
    context_window: ManyTokens = 0
    headers: Mapping[HeaderName, HeaderValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What you know better about a model than the catalogue; what is left out stays as it is there.

    `context_window` is how many tokens prompt and answer may have together; 0 is what the catalogue says.
    `max_output_tokens` is how many tokens an answer may have; 0 is what the catalogue says.
    `tools` is whether it can call tools.
    `images` is whether it takes images.
    `audio` is whether it takes sound.
    `reasoning` is whether it thinks before it answers.
    `structured_output` is whether it keeps to a JSON schema.
    `sampling` is whether it takes a temperature.
    `input_usd` is the price of a million prompt tokens, in dollars.
    `output_usd` is the price of a million tokens of an answer, in dollars.
    `cache_read_usd` is the price of a million prompt tokens that the endpoint still knew, in dollars.
    `cache_write_usd` is the price of a million prompt tokens that the endpoint was asked to keep, in dollars.
    """

    context_window: ManyTokens = 0
    max_output_tokens: ManyTokens = 0
    tools: bool | None = None
    images: bool | None = None
    audio: bool | None = None
    reasoning: bool | None = None
    structured_output: bool | None = None
    sampling: bool | None = None
    input_usd: Dollars | None = None
    output_usd: Dollars | None = None
    cache_read_usd: Dollars | None = None
    cache_write_usd: Dollars | None = None


@dataclass(frozen=True, slots=True)
class LocalConfig:
    """The embedded model.

    `model_path` is a model file (GGUF); "" finds the installed one.
    `threads` is how many threads the engine computes with; 0 chooses by load.
    `context_window` is how many tokens the engine makes room for.
    `idle_minutes` is how long the engine waits for work before it lets go of its memory.
    """

    model_path: str = ""
    threads: Annotated[int, Limits(at_least=0, at_most=512)] = 0
    context_window: Annotated[int, Limits(at_least=256, at_most=1_000_000)] = 8192
    idle_minutes: Annotated[float, Limits(above=0, at_most=100_000)] = 15.0


@dataclass(frozen=True, slots=True)
class Config:
    """All settings.

    `completion` is about ghost text.
    `chat` is about chat and commands.
    `local` is about the embedded model.
    `providers` holds providers of one's own and changes to built-in ones, by name.
    `models` holds what you know better about models, by name or "provider/model", in which * stands for any
    text.
    `catalog` is a file with newer facts about models and prices, in the form of the catalogue that comes along.
    """

    completion: CompletionConfig = CompletionConfig()
    chat: ChatConfig = ChatConfig()
    local: LocalConfig = LocalConfig()
    providers: Mapping[ProviderName, ProviderConfig] = field(default_factory=dict)
    models: Mapping[ModelPattern, ModelConfig] = field(default_factory=dict)
    catalog: Path = ""


DEFAULTS = Config()
