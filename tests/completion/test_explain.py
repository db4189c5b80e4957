"""Why nothing came: every reason has a sentence, and the last request of each document can be looked into."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from lsp_server.completion.ask import Trace
from lsp_server.completion.engine import Completion, Nothing
from lsp_server.completion.explain import REASONS, SOURCES, Explanations, explained, without_answer
from lsp_server.completion.steps import STEPS
from lsp_server.errors import RateLimited
from lsp_server.models.messages import FileText, FimRequest
from tests.house import HOUSE, hold

# Functions that give a reason, and names that hold one.
_GIVE = {"_refusal", "reason"}
_HOLD = {"reason", "refusal"}


def _said(node: ast.AST) -> Iterator[str]:
    """Give the texts that an expression may give; what it only compares is none."""
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from (*_said(one), *_said(other))
        case ast.BoolOp(values=values):
            for value in values:
                yield from _said(value)


def _reasons(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id="Nothing" | "Dropped"), args=[first, *_]):
            yield from _said(first)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _HOLD:
            yield from _said(value)
        case ast.FunctionDef(name=name) if name in _GIVE:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield from _said(inner.value)


def without_a_sentence(path: str, source: str) -> list[str]:
    """Give the reasons that a module of the completion gives and the table does not know."""
    if not path.startswith("lsp_server/completion/"):
        return []
    return [reason for node in ast.walk(ast.parse(source)) for reason in _reasons(node) if reason not in REASONS]


@pytest.mark.parametrize(
    "planted",
    [
        'Nothing("tired")',
        'raise Dropped("tired")',
        'reason = "tired" if text else "empty"',
        'class A:\n    def _refusal(self):\n        return "" if self.ok else "tired"',
    ],
)
def test_every_reason_in_the_source_has_a_sentence(planted: str) -> None:
    """A new reason without one would be shown to a person as a bare code."""
    hold(without_a_sentence, HOUSE, "lsp_server/completion/engine.py", planted)


def test_the_source_is_really_read() -> None:
    """The walk finds the reasons that are known to stand there."""
    found = {
        reason
        for path, source in HOUSE.items()
        if path.startswith("lsp_server/completion/")
        for node in ast.walk(ast.parse(source))
        for reason in _reasons(node)
    }
    assert found >= {"superseded", "mid-line", "machine-busy", "line-complete", "rate-limited", "no-model", "empty"}


def test_every_step_that_may_leave_nothing_has_a_sentence() -> None:
    """A step drops an answer under its own name."""
    assert {step.__name__.strip("_").replace("_", "-") for step in STEPS} <= set(REASONS)


@pytest.mark.parametrize("told", [*REASONS.values(), *SOURCES.values()])
def test_a_reason_is_a_sentence(told: str) -> None:
    """It begins with a capital letter, ends with a full stop, and fits on a status line."""
    assert told[0].isupper()
    assert told.endswith(".")
    assert 20 < len(told) < 120


def test_an_error_speaks_for_itself() -> None:
    """Its own sentence says more than the one of the table."""
    told = explained(Nothing("error", RateLimited("Wait for 30 s.")), "work/coder")
    assert (told.reason, told.message, told.json()["model"]) == ("error", "Wait for 30 s.", "work/coder")


def test_what_was_sent_is_told_by_name_and_size_and_never_by_its_text() -> None:
    """An explanation can be shown to anybody: nothing of the code stands in it."""
    sent = FimRequest("secret = ", "\nend", 32, files=(FileText("b.py", "hidden()"),))
    trace = Trace("work/coder", "suffix", sent, raw="1\n", gathered_s=0.0125, first_token_s=0.25, total_s=0.5)
    told = explained(Completion("1", "model", trace)).json()
    assert told["prompt"] == {
        "prefix": {"characters": 9},
        "suffix": {"characters": 4},
        "files": [{"name": "b.py", "characters": 8}],
        "maxTokens": 32,
        "temperature": None,
    }
    assert (told["reason"], told["source"], told["way"]) == ("shown", "model", "suffix")
    times = {"waitedMs": 0.0, "gatheredMs": 12.5, "firstTokenMs": 250.0, "streamedMs": 0.0, "totalMs": 500.0}
    assert told["timings"] == times
    assert "secret" not in str(told)
    assert "hidden" not in str(told)


def test_the_last_request_of_a_document_is_the_one_that_is_told_of() -> None:
    """One that was asked before it and ends behind it changes nothing."""
    explanations = Explanations()
    older = explanations.begin("file:///a.py", 3, 1)
    newer = explanations.begin("file:///a.py", 3, 2)
    assert explanations.of("file:///a.py").reason == "under-way"
    explanations.end("file:///a.py", newer, explained(Completion("1", "memory")))
    explanations.end("file:///a.py", older, explained(Nothing("superseded")))
    told = explanations.of("file:///a.py")
    assert (told.reason, told.line, told.character) == ("shown", 3, 2)


def test_a_document_that_was_closed_is_forgotten() -> None:
    """What ends after that is passed by."""
    explanations = Explanations()
    number = explanations.begin("file:///a.py", 0, 0)
    explanations.forget("file:///a.py")
    explanations.end("file:///a.py", number, without_answer("cancelled"))
    assert explanations.of("file:///a.py").reason == "not-asked"


def test_only_so_many_documents_are_remembered() -> None:
    """Memory stays bounded however many documents are looked at; the latest are there."""
    explanations = Explanations()
    for number in range(100):
        uri = f"file:///{number}.py"
        explanations.end(uri, explanations.begin(uri, 0, 0), explained(Nothing("empty")))
    known = [number for number in range(100) if explanations.of(f"file:///{number}.py").reason == "empty"]
    assert known == list(range(68, 100))
