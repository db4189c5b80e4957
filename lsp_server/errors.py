"""Every error of ours, in one tree. Foreign errors are translated where they come in.

AssistantError
 ├── SettingsError            the settings ask for something that cannot be
 ├── ModelError               a model could not answer
 │    ├── Unreachable         no connection: refused, unknown host, TLS
 │    ├── TimedOut            connected, then silence
 │    ├── Truncated           the stream ended before its end
 │    ├── BadResponse         an answer that is not of the dialect
 │    ├── AuthFailed          401, 403, or no key
 │    ├── RateLimited         429; knows `retry_after_s`
 │    ├── Overloaded          5xx: try later
 │    ├── ModelNotFound       404, or the endpoint says so
 │    ├── ContextOverflow     the prompt is longer than the window
 │    ├── FimUnsupported      this endpoint cannot fill in the middle in the way it was asked
 │    └── RequestRefused      any other 4xx
 ├── LocalModelError          the embedded model
 │    ├── EngineMissing       the extra `local` is not installed
 │    ├── NoLocalModel        no model file
 │    └── EngineFailed        the engine did not start or died
 └── EditRefused              an edit that must not be applied, with the reason

The message of each is one sentence for a person, and says what to do next.
"""

from __future__ import annotations


class AssistantError(Exception):
    """Anything that Antiphon raises on purpose; `str()` is fit for a status line."""


class SettingsError(AssistantError):
    """The settings ask for something that cannot be."""


class ModelError(AssistantError):
    """A model could not answer."""


class Unreachable(ModelError):
    """No connection could be made."""


class TimedOut(ModelError):
    """The endpoint was connected, then silent for too long."""


class Truncated(ModelError):
    """The stream ended before its end was said."""


class BadResponse(ModelError):
    """The endpoint answered, but not in its dialect."""


class AuthFailed(ModelError):
    """The key is missing, wrong, or not allowed to do this."""


class RateLimited(ModelError):
    """Too many requests; `retry_after_s` is the wait the endpoint asked for, in seconds, if it named one."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Overloaded(ModelError):
    """The endpoint failed on its side (5xx) or is still loading."""


class ModelNotFound(ModelError):
    """The endpoint has no model of that name."""


class ContextOverflow(ModelError):
    """The prompt is longer than the model's context window."""


class FimUnsupported(ModelError):
    """The endpoint cannot fill in the middle in the way it was asked."""


class RequestRefused(ModelError):
    """The endpoint refused the request for another reason."""


class LocalModelError(AssistantError):
    """The embedded model is not there or does not run."""


class EngineMissing(LocalModelError):
    """The engine of the embedded model is not installed."""


class NoLocalModel(LocalModelError):
    """No model file was found."""


class EngineFailed(LocalModelError):
    """The engine of the embedded model did not start, or died."""


class EditRefused(AssistantError):
    """An edit must not be applied; the message says why, and `reason` is its stable code."""

    def __init__(self, message: str, reason: str = "refused") -> None:
        super().__init__(message)
        self.reason = reason
