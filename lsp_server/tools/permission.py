"""Decides whether a tool call may run: allow, ask, or deny, each with the name of the rule that says so.

Pure: what is to be decided, the rules, what was remembered, and what is known about the folder and the turn come in.
The order is the whole of it, the first that applies decides: what must never be, rules that deny, what is always
asked, rules that allow, what the person has said to hold for exactly this, what is known to be harmless, and else the
person is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeAlias, get_args

from lsp_server.tools.commands import WRAPPERS, unwrapped
from lsp_server.tools.request import Command, Kind, Request, Target

Effect: TypeAlias = Literal["allow", "ask", "deny"]
Source: TypeAlias = Literal["user", "session", "project"]

_EGRESS: frozenset[Kind] = frozenset({"execute", "fetch", "other"})
_CHANGING: frozenset[Kind] = frozenset({"edit", "delete", "move", *_EGRESS})


@dataclass(frozen=True, slots=True)
class Allow:
    """It may run."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Ask:
    """The person is asked; no answer is no. `lasting` tells whether an answer may be remembered."""

    rule: str
    why: str
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Deny:
    """It must not run."""

    rule: str
    why: str


Decision: TypeAlias = Allow | Ask | Deny


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that somebody wrote: which calls, by tool, by the first words of a command, by path or by host.

    `tool` and `path` and `host` may hold `*`. A rule that allows commands must say how they begin, and one that allows
    addresses must name the host.
    """

    effect: Effect
    tool: str = "*"
    command: tuple[str, ...] = ()
    path: str = ""
    host: str = ""
    source: Source = "user"

    @property
    def name(self) -> str:
        """How logs and people call it."""
        about = " ".join(filter(None, (self.tool, *self.command, self.path, self.host)))
        return f"{self.source}: {self.effect} {about}"


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules. With a `fault`, a rule was written wrong and nothing may run until that is mended."""

    rules: tuple[Rule, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the person has said to hold for exactly this: keys of requests."""

    allowed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Approval:
    """The person's yes to one request and to nothing else."""

    digest: str

    def covers(self, request: Request) -> bool:
        """Tell whether this is what was approved: the same words, files, differences and programs."""
        return self.digest == request.digest


def decide(
    request: Request, policy: Policy, remembered: Remembered = Remembered(), *, trusted: bool, tainted: bool
) -> Decision:
    """Say whether a call may run.

    `trusted` tells whether the person trusts the folder, `tainted` whether text from outside of the project has come
    into this turn: then nothing that could carry anything out or run anything goes unasked.
    """
    case = _Case(request, policy, remembered, trusted, tainted)
    return next(decision for step in _STEPS if (decision := step(case)))


def policy_of(raw: object, source: Source) -> Policy:
    """Read rules as they stand in settings: {"allow": [{"tool", "command", "path", "host"}], "ask": …, "deny": …}.

    Anything that is not understood is a fault of the whole policy: a rule that denies must not get lost by a typo.
    """
    if raw is None:
        return Policy()
    try:
        return Policy(tuple(_rules(raw, source)))
    except ValueError as error:
        return Policy(fault=f"The permissions ({source}) cannot be read, so no tool may run: {error}. Mend them.")


def joined(policies: Iterable[Policy]) -> Policy:
    """Put policies together; a fault in one is a fault of all."""
    known = tuple(policies)
    rules = tuple(rule for policy in known for rule in policy.rules)
    return Policy(rules, " ".join(policy.fault for policy in known if policy.fault))


@dataclass(frozen=True, slots=True)
class _Case:
    request: Request
    policy: Policy
    remembered: Remembered
    trusted: bool
    tainted: bool

    def rules(self, effect: Effect) -> Iterator[Rule]:
        return (rule for rule in self.policy.rules if rule.effect == effect)

    def targets(self, **wanted: str) -> list[Target]:
        return [
            each for each in self.request.targets if all(getattr(each, name) == value for name, value in wanted.items())
        ]


def _malformed(case: _Case) -> Decision | None:
    return Deny("policy-malformed", case.policy.fault) if case.policy.fault else None


def _impossible(case: _Case) -> Decision | None:
    if case.targets(place="own", access="write"):
        return Deny("own-settings", "No tool may change Antiphon's own settings: the person does that.")
    if case.targets(place="outside", access="write"):
        return Deny("outside-write", "No tool may write outside of the workspace folders.")
    return None


def _denied(case: _Case) -> Decision | None:
    if case.request.key in case.remembered.denied:
        return Deny("remembered-no", "The person has said no to exactly this before.")
    found = next((rule for rule in case.rules("deny") if _matches(rule, case.request, any)), None)
    return Deny(found.name, "A rule forbids it.") if found else None


def _always_asked(case: _Case) -> Decision | None:
    request = case.request
    for target in case.targets(access="write"):
        if target.protected:
            why = f"{target.path} decides what programs do on their own ({target.protected})."
            return Ask("protected-file", why, lasting=False)
    outside = request.kind != "execute" and any(each.place != "inside" for each in request.targets)
    if outside and request.key not in case.remembered.allowed:
        return Ask("outside-read", "It lies outside of the workspace folders.")
    found = next((rule for rule in case.rules("ask") if _matches(rule, request, any)), None)
    if found:
        return Ask(found.name, "A rule wants it asked.", lasting=False)
    if case.tainted and request.kind in _EGRESS:
        return Ask(
            "untrusted-text", "Text from outside has come into this turn and may have asked for it.", lasting=False
        )
    if not case.trusted and request.kind in _CHANGING:
        return Ask("untrusted-folder", "The folder is not trusted.", lasting=False)
    return None


def _allowed(case: _Case) -> Decision | None:
    rules = [rule for rule in case.rules("allow") if case.trusted or rule.source != "project"]
    if case.request.command is not None:
        found = _allowing(rules, case.request.command, case.request)
    else:
        found = next(([rule] for rule in rules if _may_allow(rule, case.request)), [])
    return Allow(", ".join(rule.name for rule in dict.fromkeys(found)), "A rule allows it.") if found else None


def _may_allow(rule: Rule, request: Request) -> bool:
    """No rule allows what it does not name."""
    named = rule.host if request.kind == "fetch" else rule.tool.strip("*")
    return bool(named) and _matches(rule, request, all)


def _allowing(rules: Sequence[Rule], command: Command, request: Request) -> list[Rule]:
    """Give the rules that allow each of the commands of a line; none if one has none, or not all of them are known.

    What widens never lets one program run others.
    """
    named = [rule for rule in rules if rule.command and _matches(replace(rule, command=()), request, all)]
    found = [
        next((rule for rule in named if argv[0] not in WRAPPERS and _begins(argv, rule.command)), None)
        for argv in command.argvs
    ]
    allowing = [rule for rule in found if rule is not None]
    return allowing if not command.unparsed and len(allowing) == len(found) else []


def _harmless(case: _Case) -> Decision | None:
    request = case.request
    if request.kind in ("read", "search"):
        return Allow("reading", "It only reads what may be seen.")
    if request.kind == "think":
        return Allow("thinking", "It changes nothing.")
    if request.command is not None and request.command.reads_only:
        return Allow("reading-command", "Each of its commands is known to read only.")
    return None


def _remembered(case: _Case) -> Decision | None:
    known = case.request.key in case.remembered.allowed
    return Allow("remembered-yes", "The person has said yes to exactly this before.") if known else None


def _default(case: _Case) -> Decision | None:
    command = case.request.command
    return Ask("default", f"The command is asked, since {command.doubt}." if command and command.doubt else "")


_STEPS: Sequence[Callable[[_Case], Decision | None]] = (
    _malformed,
    _impossible,
    _denied,
    _always_asked,
    _allowed,
    _remembered,
    _harmless,
    _default,
)


def _matches(rule: Rule, request: Request, quantified: Callable[[Iterable[bool]], bool]) -> bool:
    """Tell whether a rule is about `any` of what a request touches, if it narrows, or about `all`, if it widens."""
    if not fnmatchcase(request.tool, rule.tool):
        return False
    parts = (
        (rule.path, [_path_matches(rule.path, target.path) for target in request.targets]),
        (rule.host, [fnmatchcase(host.casefold(), rule.host.casefold()) for host in request.hosts]),
        (rule.command, _command_matches(rule.command, request.command)),
    )
    return all(bool(found) and quantified(found) for wanted, found in parts if wanted)


def _path_matches(pattern: str, path: str) -> bool:
    folded = path.replace("\\", "/").casefold()
    return any(fnmatchcase(folded, each) for each in (pattern.casefold(), f"*/{pattern.casefold()}"))


def _command_matches(words: Sequence[str], command: Command | None) -> list[bool]:
    """Look at every command of a line, and at what wrappers among them may run: for rules that narrow."""
    argvs = command.argvs if command else ()
    return [_begins(inner, words) for argv in argvs for inner in unwrapped(argv)]


def _begins(argv: Sequence[str], words: Sequence[str]) -> bool:
    return tuple(argv[: len(words)]) == tuple(words)


def _rules(raw: object, source: Source) -> Iterator[Rule]:
    if not isinstance(raw, Mapping):
        raise ValueError("they are no table")
    for effect, rows in raw.items():
        if effect not in get_args(Effect):
            raise ValueError(f"{effect!r} is none of allow, ask, deny")
        if not isinstance(rows, list):
            raise ValueError(f"{effect} is no list")
        for row in rows:
            yield _rule(effect, row, source)


def _rule(effect: Effect, row: Any, source: Source) -> Rule:
    if not isinstance(row, Mapping) or not row or set(row) - {"tool", "command", "path", "host"}:
        raise ValueError(f"a rule of {effect} needs some of tool, command, path, host, and nothing else")
    if not all(isinstance(value, str) and value.strip() for value in row.values()):
        raise ValueError(f"the values of a rule of {effect} are texts")
    command = tuple(str(row.get("command", "")).split())
    return Rule(effect, row.get("tool", "*"), command, row.get("path", ""), row.get("host", ""), source)
