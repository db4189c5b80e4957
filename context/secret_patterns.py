"""What secrets look like: a row a format, and what tells a password from an ordinary word.

Every pattern takes time in proportion to the text: a run of any length begins where no character of its own stands
before it, or is bounded.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_BASE64_RUN = re.compile(r"[A-Za-z0-9+/]{24}")
_TEMPLATE = re.compile(r"[$%<{*]|\.\.\.|…|(.)\1{4}")
_WORD_BREAK = re.compile(r"[_\-./:@+,=&?~]+|(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[A-Za-z]*[0-9]{0,2}|[0-9]{1,4}")
_EXAMPLES = re.compile(
    r"(?i)(?:your|my|the|some|example|sample|dummy|fake|placeholder|changeme|redacted|xxx)(?:[_\- ]|$)"
)
_SHOWN_PASSWORD = re.compile(r"(?i)(?:pass(?:w(?:or)?d)?|pw|pwd|secret|token|key|changeme|example|x+|user(?:name)?)")

# What follows "token" or "password" in names whose values are no secrets.
_NO_SECRET = re.compile(
    r"(?i)(?:hash|digest|checksum|sha\d*|md5|salt_?rounds|name|field|file|path|url|uri|endpoint|type|label|title|text"
    r"|length|len|size|count|limit|pattern|regex|izer|ize|format|header|prefix|suffix|param|column|env|var|version|model"
    r"|_?ref|_?id|ids|class|policy|hint|message|error|placeholder|scope|issuer|audience|expiry|ttl|arn)s?[\w.-]*$"
)


def entropy_bits(text: str) -> float:
    """Give the Shannon entropy of a text, in bits per character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def looks_random(literal: str) -> bool:
    """Tell a literal that was generated or thought up as a password from names, words, templates and examples."""
    if _TEMPLATE.search(literal) or _EXAMPLES.match(literal):
        return False
    if all(_WORD.fullmatch(part) for part in _WORD_BREAK.split(literal)):
        return False
    return entropy_bits(literal) >= 2.7


def _very_random(literal: str) -> bool:
    """The same for a word without quotes, which may as well be a name in a program."""
    digits, letters = sum(map(str.isdigit, literal)), sum(map(str.isalpha, literal))
    return digits >= 2 and letters >= 2 and entropy_bits(literal) >= 3.3 and looks_random(literal)


def _is_key_body(body: str) -> bool:
    return _BASE64_RUN.search(body) is not None


def _is_password(word: str) -> bool:
    return not _TEMPLATE.search(word) and not _SHOWN_PASSWORD.fullmatch(word)


def _always(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Pattern:
    """One format. The group `secret` is what is replaced, else the whole; `accept` has the last word.

    A group `tail` is what follows the telling word in a name: "_hash" makes it harmless. One of the `hints`, if there
    are any, is part of each find.
    """

    kind: str
    regex: re.Pattern[str]
    accept: Callable[[str], bool] = _always
    hints: tuple[str, ...] = ()

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Give begin and end of each secret of this format."""
        if self.hints and not any(hint in text for hint in self.hints):
            return
        group: int | str = "secret" if "secret" in self.regex.groupindex else 0
        for match in self.regex.finditer(text):
            tail = match["tail"] if "tail" in self.regex.groupindex else ""
            if self.accept(match[group]) and not _NO_SECRET.match(tail.lstrip("_-.")):
                yield match.span(group)


def _row(kind: str, regex: str, accept: Callable[[str], bool] = _always) -> Pattern:
    return Pattern(kind, re.compile(regex), accept)


def _token(kind: str, beginnings: str, rest: str) -> Pattern:
    """A row for a token that stands alone and begins with one of these (parted by spaces), so most texts hold none."""
    hints = tuple(beginnings.split())
    return Pattern(kind, re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(map(re.escape, hints))}){rest}"), hints=hints)


_BEGIN = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_END = r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_BREAK = r"(?:\s|\\[rn])"

_TELLING = (
    r"(?i:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key"
    r"|auth[_-]?key|encryption[_-]?key|signing[_-]?key|master[_-]?key|credential)s?(?P<tail>[\w.-]{0,30})"
)
# A type may stand between the name and its value: `token: str = "…"`.
_IS = r"[\"'\])]{0,3}(?:[ \t]{0,3}:[ \t]{0,2}[A-Za-z][\w.\[\]| ]{0,30}(?==))?[ \t]{0,3}(?::=|=>|={1,3}|:|,)[ \t]{0,3}"

PATTERNS = (
    _row("private-key", rf"{_BEGIN}(?P<secret>[^-]*+(?:-(?!----)[^-]*+)*+){_END}", _is_key_body),
    # A window of text may hold the beginning or the end of a key alone.
    _row("private-key", rf"{_BEGIN}(?P<secret>{_BREAK}{{0,8}}[A-Za-z0-9+/=]{{24,}}+(?:{_BREAK}|[A-Za-z0-9+/=])*+)"),
    _row("private-key", rf"(?m)^(?P<secret>(?:[A-Za-z0-9+/=]{{1,76}}+\r?\n){{1,60}}+){_END}", _is_key_body),
    _token("age-key", "AGE-SECRET-KEY-1", r"[0-9A-Z]{58}"),
    _token("aws-access-key", "AKIA ASIA ABIA ACCA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _token("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{36,}+"),
    _token("github-token", "github_pat_", r"[A-Za-z0-9_]{22,}+"),
    _token("gitlab-token", "glpat- gldt- glptt- glrt- glsoat- glft- gloas- glagent- glcbt-", r"[A-Za-z0-9_-]{20,}+"),
    _token("slack-token", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", r"[A-Za-z0-9-]{10,}+"),
    _row("slack-webhook", r"https://hooks\.slack\.com/(?:services|workflows)/(?P<secret>[A-Za-z0-9+/]{30,}+)"),
    _token("google-api-key", "AIza", r"[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    _token("google-token", "ya29.", r"[A-Za-z0-9_-]{20,}+"),
    _token("google-secret", "GOCSPX-", r"[A-Za-z0-9_-]{28}"),
    _token("stripe-key", "sk_live_ sk_test_ rk_live_ rk_test_", r"[A-Za-z0-9]{16,}+"),
    _token("stripe-key", "whsec_", r"[A-Za-z0-9+/=]{24,}+"),
    _token("model-key", "sk-ant- sk-proj- sk-svcacct- sk-admin- sk-or-", r"[A-Za-z0-9_-]{20,}+"),
    _token("model-key", "sk-", r"[A-Za-z0-9]{32,}+"),
    _token("model-key", "gsk_ hf_", r"[A-Za-z0-9]{30,}+"),
    _token("model-key", "xai- pplx-", r"[A-Za-z0-9]{40,}+"),
    _token("npm-token", "npm_", r"[A-Za-z0-9]{36}"),
    _token("pypi-token", "pypi-", r"[A-Za-z0-9_-]{80,}+"),
    _token("docker-token", "dckr_pat_ dckr_oat_", r"[A-Za-z0-9_-]{27,}+"),
    _token("vault-token", "hvs. hvb. hvr.", r"[A-Za-z0-9_-]{24,}+"),
    _token("sendgrid-key", "SG.", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    _token("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", r"[a-f0-9]{64}"),
    _token("shopify-token", "shpat_ shpca_ shppa_ shpss_", r"[a-fA-F0-9]{32}"),
    _token("databricks-token", "dapi", r"[a-f0-9]{32}"),
    _token("linear-key", "lin_api_", r"[A-Za-z0-9]{40}"),
    _token("grafana-token", "glsa_ glc_", r"[A-Za-z0-9+/=_]{32,}+"),
    _token("jwt", "eyJ", r"[A-Za-z0-9_-]{8,}+\.eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+"),
    _row("telegram-token", r"(?<![0-9])[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    _row("storage-key", r"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)"),
    _row("authorization", r"(?i:\b(?:bearer|basic)[ \t]+)(?P<secret>[A-Za-z0-9+/_.=~-]{16,}+)", _very_random),
    _row(
        "url-password",
        r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@'\"`]{0,80}:(?P<secret>[^\s/@'\"`]{1,200})@",
        _is_password,
    ),
    _row(
        "password",
        rf"{_TELLING}{_IS}(?i:[rbuf]{{0,2}})(?P<quote>[\"'`])(?P<secret>(?:(?!(?P=quote))\S){{8,400}})(?P=quote)",
        looks_random,
    ),
    _row(
        "password",
        rf"(?m){_TELLING}[ \t]?[=:][ \t]?(?P<secret>[^\s\"'`#;,(){{}}\[\]<>$]{{12,400}})[ \t]*$",
        _very_random,
    ),
)
