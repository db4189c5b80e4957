"""Slash commands: `/refactor --style functional --variations 3 rest of the words` becomes a value, or a clear error.

Flags stand before the words; the first word that is none, or `--`, ends them. A text that begins with a blank, or
whose first word is a path (`/etc/hosts`), is no command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias

from lsp_server.errors import AssistantError

Value: TypeAlias = str | int | bool

_COMMAND = re.compile(r"/(?P<name>[A-Za-z][A-Za-z0-9_-]*)(?:\s+|\Z)")
_FLAG = re.compile(r"--(?P<name>[A-Za-z][A-Za-z0-9-]*)(?:=(?P<value>\"[^\"]*\"|'[^']*'|\S*))?(?:\s+|\Z)")
_VALUE = re.compile(r"(?P<value>\"[^\"]*\"|'[^']*'|\S+)(?:\s+|\Z)")
_END = re.compile(r"--(?:\s+|\Z)")


class BadCommand(AssistantError):
    """A slash command cannot be meant as it was typed."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A typed argument: `--name` alone for a bool, else with a value: a whole number, one of `choices`, or any text.

    `default` is what holds without it; its type is the flag's. Numbers keep to `least` and `most`.
    """

    name: str
    default: Value
    description: str
    choices: tuple[str, ...] = ()
    least: int = 1
    most: int = 10


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A command: what it is for, its flags, and whether further words may or must follow.

    `words` says in the list of commands what these are.
    """

    name: str
    description: str
    flags: tuple[Flag, ...] = ()
    words: str = ""
    takes: Literal["nothing", "some", "needed"] = "some"


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command as it was typed: a value for each of its flags, and the words behind them."""

    command: SlashCommand
    values: Mapping[str, Value] = field(default_factory=dict)
    words: str = ""


def _table(*commands: SlashCommand) -> Mapping[str, SlashCommand]:
    return {command.name: command for command in commands}


_WISHES = "what matters to you"
_STYLES = ("idiomatic", "functional", "object-oriented", "procedural")

COMMANDS: Mapping[str, SlashCommand] = _table(
    SlashCommand("explain", "Explain the selection", (), "what you want to know"),
    SlashCommand("fix", "Fix the problems that the editor reports", (), _WISHES),
    SlashCommand(
        "refactor",
        "Write the selection anew, and keep what it does",
        (
            Flag("style", "idiomatic", "the style to write in", _STYLES),
            Flag("variations", 1, "how many versions to choose from", most=5),
            Flag("keep-signature", False, "leave names and parameters as they are"),
        ),
        _WISHES,
    ),
    SlashCommand("simplify", "Make the selection simpler, and keep what it does", (), _WISHES),
    SlashCommand("docstring", "Document the definition at the cursor", (), takes="nothing"),
    SlashCommand(
        "tests", "Write tests for the selection", (Flag("framework", "", "the test framework, if not yours"),), _WISHES
    ),
    SlashCommand("review", "Review your changes", (Flag("staged", False, "only what is staged"),), _WISHES),
    SlashCommand("commit", "Write a commit message for what is staged", (), _WISHES, "some"),
    SlashCommand("compact", "Sum up the conversation to make room", (), "what must not be lost"),
    SlashCommand(
        "remember", "Keep a note", (Flag("project", False, "for this project alone"),), "what to keep in mind", "needed"
    ),
    SlashCommand(
        "export",
        "Write the conversation to a file",
        (Flag("format", "markdown", "the form of the file", ("markdown", "json")),),
        takes="nothing",
    ),
    SlashCommand("search", "Find words in all conversations", (), "the words", "needed"),
)


def parse_command(text: str, commands: Mapping[str, SlashCommand] = COMMANDS) -> Invocation | None:
    """Give the command that a text begins with; None when there is none. Raises BadCommand when it cannot be meant."""
    match = _COMMAND.match(text)
    if match is None:
        return None
    command = commands.get(match["name"])
    if command is None:
        raise BadCommand(
            f"There is no command /{match['name']}{_nearest('/', match['name'], commands)} To send the text as it"
            " is, put a blank before it."
        )
    given, words = _flags(command, text[match.end() :])
    values = {flag.name: given.get(flag.name, flag.default) for flag in command.flags}
    if words and command.takes == "nothing":
        raise BadCommand(f"/{command.name} takes no words: leave out {words[:40]!r}.")
    if not words and command.takes == "needed":
        raise BadCommand(f"/{command.name} needs words behind it: {command.words}.")
    return Invocation(command, values, words)


def available_commands(commands: Iterable[SlashCommand] = COMMANDS.values()) -> list[dict[str, Any]]:
    """Give the commands in the words of the Agent Client Protocol's `available_commands_update`."""
    found = []
    for command in commands:
        hint = " ".join([*map(_hint, command.flags), *([command.words] if command.words else [])])
        value: dict[str, Any] = {"name": command.name, "description": command.description}
        found.append(value | ({"input": {"hint": hint}} if hint else {}))
    return found


def _flags(command: SlashCommand, rest: str) -> tuple[dict[str, Value], str]:
    """Take the flags from the beginning of what follows a command's name."""
    known = {flag.name: flag for flag in command.flags}
    given: dict[str, Value] = {}
    while (match := _FLAG.match(rest)) is not None:
        name, text, rest = match["name"], match["value"], rest[match.end() :]
        flag = known.get(name)
        if flag is None:
            raise BadCommand(
                f"/{command.name} has no flag --{name}{_nearest('--', name, known)} Before words that begin so, put a"
                " lone --."
            )
        if flag.name in given:
            raise BadCommand(f"/{command.name} was given --{name} twice: leave one of them out.")
        if isinstance(flag.default, bool):
            if text is not None:
                raise BadCommand(f"--{name} takes no value: leave out {text!r}.")
            given[name] = not flag.default
            continue
        if text is None:
            text, rest = _next(flag, rest)
        given[name] = _typed(flag, text)
    end = _END.match(rest)
    return given, rest[end.end() if end else 0 :].strip()


def _next(flag: Flag, rest: str) -> tuple[str, str]:
    match = _VALUE.match(rest)
    if match is None or rest.startswith("--"):
        raise BadCommand(f"--{flag.name} needs a value behind it: {_meant(flag)}.")
    return match["value"], rest[match.end() :]


def _typed(flag: Flag, text: str) -> Value:
    text = text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
    if isinstance(flag.default, int):
        if not re.fullmatch(r"[0-9]{1,6}", text) or not flag.least <= int(text) <= flag.most:
            raise BadCommand(f"--{flag.name} is {_meant(flag)}, not {text!r}.")
        return int(text)
    if flag.choices and text not in flag.choices:
        raise BadCommand(f"--{flag.name} is {_meant(flag)}, not {text!r}{_nearest('', text, flag.choices)}")
    return text


def _meant(flag: Flag) -> str:
    if isinstance(flag.default, int):
        return f"a number from {flag.least} to {flag.most}"
    return f"one of {', '.join(flag.choices)}" if flag.choices else flag.description


def _hint(flag: Flag) -> str:
    if isinstance(flag.default, bool):
        return f"[--{flag.name}]"
    return f"[--{flag.name} {'|'.join(flag.choices) or ('N' if isinstance(flag.default, int) else 'TEXT')}]"


def _nearest(mark: str, name: str, known: Iterable[str]) -> str:
    """Say what was probably meant, or what there is."""
    names = sorted(known)
    near = get_close_matches(name, names, 1)
    if near:
        return f"; did you mean {mark}{near[0]}?"
    return f"; there are: {', '.join(mark + each for each in names)}." if names else ", and takes none."
