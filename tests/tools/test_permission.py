"""Allow, ask or deny, and which rule says so: the order of the rules is the whole of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from lsp_server.tools.permission import Allow, Approval, Ask, Deny, Policy, Remembered, decide, joined, policy_of
from lsp_server.tools.request import Command, FileDiff, Request, Target, canonical, visible

INSIDE = Target("/w/project/src/a.py", "write", "inside", identity="1:2")
EDIT = Request("edit", "edit", "Edit a.py", "{}", (INSIDE,), diffs=(FileDiff("file:///w/project/src/a.py", "a", "b"),))
PROTECTED = replace(EDIT, targets=(replace(INSIDE, path="/w/project/.git/config", protected=".git/"),))
OWN = replace(EDIT, targets=(replace(INSIDE, path="/home/me/settings/config.toml", place="own"),))
OUTSIDE = replace(EDIT, targets=(replace(INSIDE, path="/etc/hosts", place="outside"),))
READ = Request("read_file", "read", "Read", "{}", (replace(INSIDE, access="read"),))
READ_OUTSIDE = Request("read_file", "read", "Read", "{}", (replace(INSIDE, access="read", place="outside"),))
DELETE = Request("delete_file", "delete", "Delete", "{}", (INSIDE,))
FETCH = Request("fetch_url", "fetch", "Fetch", "{}", hosts=("docs.example.com",))
FOREIGN = Request("server_tool", "other", "A tool of a server", "{}")
THINK = Request("plan", "think", "Plan", "{}")


def command(text: str, *argvs: str, doubt: str = "it is not known", unparsed: bool = False) -> Request:
    """Give a request to run something."""
    known = tuple(tuple(argv.split()) for argv in argvs or (text,))
    return Request("run_command", "execute", text, "{}", command=Command(text, "/w/project", known, unparsed, doubt))


STATUS = command("git status", doubt="")
PYTEST = command("pytest -q")
COMMIT = command("git commit -m x")
PIPED = command("pytest -q | rm x", "pytest -q", "rm x")
HIDDEN = command("pytest $(rm x)", "pytest", "rm x", unparsed=True)
WRAPPED = command("env pytest")
SUDO = command("sudo rm x")

ALL: Mapping[str, Any] = {"allow": [{"tool": "*"}, {"command": "pytest"}, {"host": "*"}]}
NO_RM: Mapping[str, Any] = {"deny": [{"command": "rm"}]}


def policy(raw: Mapping[str, Any], source: Any = "user") -> Policy:
    """Give rules as settings have them."""
    found = policy_of(raw, source)
    assert not found.fault
    return found


CASES: list[tuple[Request, Mapping[str, Any], type, str]] = [
    # Nothing said: what reads is allowed, all else is asked.
    (READ, {}, Allow, "reading"),
    (THINK, {}, Allow, "thinking"),
    (STATUS, {}, Allow, "reading-command"),
    (EDIT, {}, Ask, "default"),
    (DELETE, {}, Ask, "default"),
    (PYTEST, {}, Ask, "default"),
    (FETCH, {}, Ask, "default"),
    (FOREIGN, {}, Ask, "default"),
    # Outside is asked when it is read, and never written.
    (READ_OUTSIDE, {}, Ask, "outside-read"),
    (READ_OUTSIDE, ALL, Ask, "outside-read"),
    (OUTSIDE, {}, Deny, "outside-write"),
    (OUTSIDE, ALL, Deny, "outside-write"),
    # Our own settings are the person's, whatever is allowed.
    (OWN, {}, Deny, "own-settings"),
    (OWN, ALL, Deny, "own-settings"),
    # Protected files are asked, whatever is allowed.
    (PROTECTED, ALL, Ask, "protected-file"),
    # Rules that allow.
    (EDIT, {"allow": [{"tool": "edit"}]}, Allow, "user: allow edit"),
    (EDIT, {"allow": [{"tool": "edit", "path": "src/*"}]}, Allow, "user: allow edit src/*"),
    (EDIT, {"allow": [{"tool": "edit", "path": "docs/*"}]}, Ask, "default"),
    (DELETE, {"allow": [{"tool": "edit"}]}, Ask, "default"),
    (PYTEST, {"allow": [{"command": "pytest"}]}, Allow, "user: allow * pytest"),
    (PYTEST, {"allow": [{"command": "pytest -q"}]}, Allow, "user: allow * pytest -q"),
    (PYTEST, {"allow": [{"command": "pytest -x"}]}, Ask, "default"),
    (PYTEST, {"allow": [{"command": "py"}]}, Ask, "default"),
    (FETCH, {"allow": [{"host": "*.example.com"}]}, Allow, "user: allow * *.example.com"),
    (FETCH, {"allow": [{"host": "example.com"}]}, Ask, "default"),
    # A rule allows only what it names: no command without its words, no host without its name.
    (PYTEST, {"allow": [{"tool": "run_command"}]}, Ask, "default"),
    (FETCH, {"allow": [{"tool": "fetch_url"}]}, Ask, "default"),
    (EDIT, {"allow": [{"tool": "*"}]}, Ask, "default"),
    # All of a command must be allowed, and all of it known.
    (PIPED, {"allow": [{"command": "pytest"}]}, Ask, "default"),
    (HIDDEN, {"allow": [{"command": "pytest"}, {"command": "rm"}]}, Ask, "default"),
    (
        PIPED,
        {"allow": [{"command": "rm"}, {"command": "pytest"}]},
        Allow,
        "user: allow * pytest, user: allow * rm",
    ),
    (PYTEST, {"allow": [{"command": "pytest", "tool": "run_tests"}]}, Ask, "default"),
    (WRAPPED, {"allow": [{"command": "env"}]}, Ask, "default"),
    # What denies needs only a part, behind wrappers too, and comes before what allows.
    (PIPED, NO_RM, Deny, "user: deny * rm"),
    (HIDDEN, NO_RM, Deny, "user: deny * rm"),
    (SUDO, NO_RM, Deny, "user: deny * rm"),
    (EDIT, {"allow": [{"tool": "edit"}], "deny": [{"path": "src/*"}]}, Deny, "user: deny * src/*"),
    (EDIT, {"deny": [{"path": "SRC/A.py"}]}, Deny, "user: deny * SRC/A.py"),
    (READ, {"deny": [{"tool": "read_*"}]}, Deny, "user: deny read_*"),
    (STATUS, {"deny": [{"command": "git"}]}, Deny, "user: deny * git"),
    (FETCH, {"allow": [{"host": "*"}], "deny": [{"host": "docs.*"}]}, Deny, "user: deny * docs.*"),
    (PROTECTED, {"deny": [{"path": ".git/*"}]}, Deny, "user: deny * .git/*"),
    # What asks comes before what allows.
    (READ, {"ask": [{"tool": "read_file"}]}, Ask, "user: ask read_file"),
    (STATUS, {"allow": [{"command": "git"}], "ask": [{"command": "git status"}]}, Ask, "user: ask * git status"),
]


@pytest.mark.parametrize(("request_", "raw", "effect", "rule"), CASES)
def test_each_case_has_its_rule(request_: Request, raw: Mapping[str, Any], effect: type, rule: str) -> None:
    """A trusted folder, an untainted turn, nothing remembered."""
    decision = decide(request_, policy(raw), trusted=True, tainted=False)
    assert (type(decision), decision.rule) == (effect, rule)


@pytest.mark.parametrize("request_", [READ, EDIT, STATUS, PYTEST, FETCH, THINK, PROTECTED], ids=lambda each: each.tool)
@pytest.mark.parametrize(
    "raw",
    [
        *(
            [],
            "allow",
            1,
            {"permit": []},
            {"deny": {}},
            {"deny": "rm"},
            {"deny": ["rm"]},
            {"deny": [{}]},
            {"deny": [None]},
        ),
        *({"deny": [{"cmd": "rm"}]}, {"deny": [{"command": ["rm"]}]}, {"deny": [{"command": ""}]}, {"Deny": []}),
        *({"deny": [{"path": 3}]}, {"allow": [{"tool": "edit", "unless": "x"}]}),
    ],
    ids=repr,
)
def test_a_policy_that_cannot_be_read_denies_all(request_: Request, raw: object) -> None:
    """A typo must not lose a rule that denies; what is wrong is told."""
    broken = policy_of(raw, "user")
    decision = decide(request_, joined([policy(ALL), broken]), trusted=True, tainted=False)
    assert decision == Deny("policy-malformed", broken.fault)
    assert "Mend them." in broken.fault


@pytest.mark.parametrize(
    ("request_", "raw"),
    [(EDIT, {"allow": [{"tool": "edit"}]}), (PYTEST, {"allow": [{"command": "pytest"}]}), (FETCH, ALL)],
)
def test_a_project_widens_nothing_before_it_is_trusted(request_: Request, raw: Mapping[str, Any]) -> None:
    """And narrows always."""
    rules = policy(raw, "project")
    assert isinstance(decide(request_, rules, trusted=False, tainted=False), Ask)
    assert isinstance(decide(request_, rules, trusted=True, tainted=False), Allow)
    reading = decide(READ, policy({"allow": [{"tool": "read_file"}]}, "project"), trusted=False, tainted=False)
    assert reading.rule == "reading"
    narrow = policy({"deny": [{"tool": "*"}]}, "project")
    assert isinstance(decide(request_, narrow, trusted=False, tainted=False), Deny)


@pytest.mark.parametrize("request_", [EDIT, DELETE, STATUS, PYTEST, FETCH, FOREIGN], ids=lambda each: each.title)
def test_in_an_untrusted_folder_nothing_but_reading_goes_unasked(request_: Request) -> None:
    """Not even git, whose settings could name programs, or what the person once allowed for good."""
    remembered = Remembered(frozenset({request_.key}))
    rules = policy({"allow": [{"tool": "*e*"}, {"command": "git"}, {"command": "pytest"}, {"host": "*"}]})
    decision = decide(request_, rules, remembered, trusted=False, tainted=False)
    assert (type(decision), decision.rule) == (Ask, "untrusted-folder")
    assert isinstance(decide(READ, rules, trusted=False, tainted=False), Allow)


@pytest.mark.parametrize("request_", [STATUS, PYTEST, FETCH, FOREIGN], ids=lambda each: each.title)
def test_text_from_outside_suspends_what_could_carry_something_out(request_: Request) -> None:
    """Private text, foreign text and a way out never come together unasked."""
    remembered = Remembered(frozenset({request_.key}))
    rules = policy({"allow": [{"command": "git"}, {"command": "pytest"}, {"host": "*"}, {"tool": "server_tool"}]})
    decision = decide(request_, rules, remembered, trusted=True, tainted=True)
    assert decision.rule == "untrusted-text"
    assert isinstance(decision, Ask)
    assert not decision.lasting
    assert isinstance(decide(request_, rules, remembered, trusted=True, tainted=False), Allow)


def test_what_is_remembered_holds_for_exactly_this() -> None:
    """ "git commit -m x" is not "git commit", and the same words in another folder are another thing."""
    first = replace(COMMIT, arguments=canonical({"command": "git commit -m x"}))
    other = replace(COMMIT, arguments=canonical({"command": "git commit"}))
    assert first.command is not None
    elsewhere = replace(first, command=replace(first.command, folder="/w/other"))
    remembered = Remembered(frozenset({first.key}))
    found = [decide(each, Policy(), remembered, trusted=True, tainted=False) for each in (first, other, elsewhere)]
    assert [each.rule for each in found] == ["remembered-yes", "default", "default"]
    assert first.key == replace(first, arguments=canonical({"command": "git commit -m x"})).key


def test_a_remembered_no_beats_every_yes_and_a_remembered_yes_beats_no_rule() -> None:
    """Deny, always ask, allow, remembered: in this order."""
    no = Remembered(frozenset({EDIT.key, PROTECTED.key}), frozenset({EDIT.key}))
    assert decide(EDIT, policy({"allow": [{"tool": "edit"}]}), no, trusted=True, tainted=False).rule == "remembered-no"
    yes = Remembered(frozenset({EDIT.key}))
    assert isinstance(decide(EDIT, policy({"deny": [{"tool": "edit"}]}), yes, trusted=True, tainted=False), Deny)
    assert decide(PROTECTED, Policy(), yes, trusted=True, tainted=False).rule == "protected-file"
    assert decide(EDIT, policy({"ask": [{"tool": "edit"}]}), yes, trusted=True, tainted=False).rule == "user: ask edit"


@pytest.mark.parametrize(
    "other",
    [
        replace(EDIT, arguments='{"x":1}'),
        replace(EDIT, tool="create_file"),
        replace(EDIT, targets=(replace(INSIDE, path="/w/project/src/b.py"),)),
        replace(EDIT, targets=(replace(INSIDE, identity="1:3"),)),
        replace(EDIT, diffs=(FileDiff("file:///w/project/src/a.py", "a", "c"),)),
        replace(EDIT, diffs=(FileDiff("file:///w/project/src/a.py", "x", "b"),)),
        replace(EDIT, hosts=("x.example",)),
        replace(EDIT, command=Command("ls", "/w/project", (("ls",),))),
    ],
)
def test_an_approval_covers_one_thing(other: Request) -> None:
    """Other words, another file under the same name, another text: each needs a new yes."""
    approval = Approval(EDIT.digest)
    assert approval.covers(replace(EDIT))
    assert not approval.covers(other)


def test_a_program_that_was_exchanged_is_not_the_one_that_was_approved() -> None:
    """The same words, another file behind them."""
    assert PYTEST.command is not None
    swapped = replace(PYTEST, command=replace(PYTEST.command, programs=("/usr/bin/pytest 1:9",)))
    assert not Approval(PYTEST.digest).covers(swapped)


def test_what_the_person_sees_hides_nothing() -> None:
    """Escapes, bidi controls and what has no width are shown."""
    assert visible("rm\x1b[2K \u202etxt\u200b é") == "rm\\x1b[2K \\u202etxt\\u200b é"
