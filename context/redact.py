"""Replaces secrets in text that leaves this machine by placeholders, and puts them back into what comes home.

A placeholder reads `«secret:github-token:1»`. The same secret has the same one as long as the process lives, so that a
model can tell two secrets apart, and a prompt stays the same from request to request.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from context.secret_patterns import PATTERNS
from context.text import Span

_PLACEHOLDER = re.compile(r"«secret:[a-z0-9-]{1,40}:[0-9]{1,9}»")
_NO_KIND = re.compile(r"[^a-z0-9]+")

# A shorter value of a variable would be found in innocent words.
_LEAST_KNOWN = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """A secret that was replaced: what it is, where it stood, and what stands there now. It never shows in a repr."""

    kind: str
    span: Span
    placeholder: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets. Where there is no finding, the text is the one that was given."""

    text: str
    findings: tuple[Finding, ...]

    @property
    def counts(self) -> Counter[str]:
        """How many secrets of each kind were replaced; one that stands in two places counts twice."""
        return Counter(finding.kind for finding in self.findings)


class Placeholders:
    """Gives each secret its name. Numbers count within a kind, from 1."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._counts: Counter[str] = Counter()

    def name(self, kind: str, secret: str) -> str:
        """Give the placeholder of a secret, always the same."""
        if (kind, secret) not in self._names:
            self._counts[kind] += 1
            self._names[kind, secret] = f"«secret:{kind}:{self._counts[kind]}»"
        return self._names[kind, secret]


_OF_PROCESS = Placeholders()


def redact(text: str, known: Mapping[str, str] = {}, placeholders: Placeholders = _OF_PROCESS) -> Redacted:
    """Replace what looks like a secret, and the values of `known` variables (name to value), by placeholders.

    Takes time in proportion to the text's length. What already looks like a placeholder is replaced as well, so that
    `restore` is exact. Raises nothing.
    """
    findings: list[Finding] = []
    pieces: list[str] = []
    done = 0
    for span, kind in _chosen(_found(text, known)):
        secret = text[span.start : span.end]
        finding = Finding(kind, span, placeholders.name(kind, secret), secret)
        findings.append(finding)
        pieces += (text[done : span.start], finding.placeholder)
        done = span.end
    return Redacted("".join((*pieces, text[done:])) if findings else text, tuple(findings))


def restore(text: str, redacted: Redacted) -> str:
    """Put the secrets of a redacted text back into a text that holds some of its placeholders."""
    restorer = Restorer(redacted.findings)
    return restorer.feed(text) + restorer.end()


class Restorer:
    """Puts secrets back into a text that comes in pieces, wherever those are cut."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._secrets = {finding.placeholder: finding.secret for finding in findings}
        self._held = ""

    def feed(self, text: str) -> str:
        """Give what is certain by now; the beginning of a placeholder is held back until its end has come."""
        text = self._held + text
        start = text.rfind("«")
        tail = text[start:] if start >= 0 else ""
        cut = any(name.startswith(tail) and name != tail for name in self._secrets) if tail else False
        self._held = tail if cut else ""
        return self._restored(text[:start] if cut else text)

    def end(self) -> str:
        """Give what was held back, when no more comes."""
        held, self._held = self._held, ""
        return held

    def _restored(self, text: str) -> str:
        return _PLACEHOLDER.sub(lambda match: self._secrets.get(match[0], match[0]), text) if self._secrets else text


def _found(text: str, known: Mapping[str, str]) -> Iterator[tuple[Span, str]]:
    """Find everything, the surest first: literal placeholders, our own keys, then pattern by pattern."""
    for match in _PLACEHOLDER.finditer(text):
        yield Span(*match.span()), "placeholder"
    for name, value in known.items():
        if len(value) >= _LEAST_KNOWN and value in text:
            kind = _NO_KIND.sub("-", name.lower()).strip("-")[:40] or "key"
            for match in re.finditer(re.escape(value), text):
                yield Span(*match.span()), kind
    for pattern in PATTERNS:
        for start, end in pattern.find(text):
            yield Span(start, end), pattern.kind


def _chosen(found: Iterable[tuple[Span, str]]) -> Sequence[tuple[Span, str]]:
    """Order by place, and of those that overlap keep the one that begins first, then the longer, then the surer."""
    ranked = sorted(enumerate(found), key=lambda item: (item[1][0].start, -item[1][0].end, item[0]))
    chosen: list[tuple[Span, str]] = []
    for _, (span, kind) in ranked:
        if not chosen or span.start >= chosen[-1][0].end:
            chosen.append((span, kind))
    return chosen
