"""What holds however a person types and whatever a model says: random keys, pauses, cancels, answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from context.text import Document, Span, TextEdit
from lsp_server.completion.ask import Asker
from lsp_server.completion.engine import Completion, CompletionEngine, CompletionRequest, Nothing
from lsp_server.config import CompletionConfig
from lsp_server.errors import Overloaded
from lsp_server.models.messages import Endpoint, FimRequest, Finished, StreamEvent, TextDelta
from lsp_server.models.providers import Model
from tests.bench.virtual import now_s, run
from tests.completion.scripted import ENDPOINT, Guard

ANSWERS = ("a b\n", "ab(c)\n    d\n", "\n    ab\n", "", "b", "a(b, c)\nab\nba\n", "ba" * 6 + "\n", "!")

KEYS = st.one_of(
    st.tuples(st.just("type"), st.sampled_from(["a", "b", "(", " ", "\n", "\n    "])),
    st.tuples(
        st.sampled_from(["backspace", "along", "take", "take a part", "cancel", "reject", "by hand"]), st.just("")
    ),
)
STEPS = st.lists(st.tuples(KEYS, st.sampled_from([0.0, 0.005, 0.05, 0.1, 0.4, 1.0])), max_size=30)


@dataclass
class Chatter:
    """Says one answer after the other, slowly; "!" is a fault."""

    answers: list[str]
    said: int = 0
    under_way: int = 0
    most: int = 0

    async def stream(
        self, request: FimRequest, endpoint: Endpoint, *, timeout_s: float
    ) -> AsyncGenerator[StreamEvent, None]:
        """Give the next answer, two characters at a time."""
        text = self.answers[self.said % len(self.answers)] if self.answers else ""
        self.said += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0.15)
            if text == "!":
                raise Overloaded("Try again later.")
            for at in range(0, len(text), 2):
                yield TextDelta(text[at : at + 2])
                await asyncio.sleep(0.03)
            yield Finished("end_turn")
        finally:
            self.under_way -= 1


@dataclass
class Person:
    """A document, its cursor at the end of a line, and what is on the screen."""

    engine: CompletionEngine
    document: Document
    offset: int
    shown: str = ""
    expected: str = ""
    since_s: float = 0.0
    rejected: set[tuple[str, int, str]] = field(default_factory=set)
    asked: list[asyncio.Task[None]] = field(default_factory=list)

    def change(self, span: Span, text: str) -> None:
        """Change the text, and ask at the new cursor."""
        appended = span.start == span.end == self.offset
        self.expected = self.shown[len(text) :] if appended and self.shown.startswith(text) else ""
        self.document = self.document.with_edits([TextEdit(span, text)], self.document.version + 1)
        self.offset, self.shown = span.start + len(text), ""
        self.ask(invoked=False)

    def ask(self, *, invoked: bool) -> None:
        """Ask at the cursor."""
        self.asked.append(asyncio.create_task(self._ask(invoked)))

    async def _ask(self, invoked: bool) -> None:
        version, at_s = self.document.version, now_s()
        answer = await self.engine.complete(CompletionRequest(self.document, self.offset, invoked))
        assert isinstance(answer, Completion | Nothing)
        if version != self.document.version:
            return
        text = answer.text if isinstance(answer, Completion) else ""
        if self.expected and not invoked:
            assert now_s() == at_s, "a shown text that is typed along was gone for a while"
            assert text.startswith(self.expected), "a shown text was replaced by another"
            assert (self.document.text, self.offset, text) not in self.rejected, "a rejected text is back"
        elif not invoked:
            assert not text or (self.document.text, self.offset, text) not in self.rejected, "a rejected text is back"
        self.shown = text

    def press(self, key: str, text: str) -> None:
        """Do one thing."""
        match key:
            case "type":
                self.change(Span(self.offset, self.offset), text)
            case "backspace" if self.offset > 4:
                self.change(Span(self.offset - 1, self.offset), "")
            case "along" if self.shown:
                self.change(Span(self.offset, self.offset), self.shown[0])
            case "take" if self.shown:
                self.change(Span(self.offset, self.offset), self.shown)
            case "take a part" if self.shown:
                self.change(Span(self.offset, self.offset), self.shown[: max(1, len(self.shown) // 2)])
            case "cancel" if self.asked:
                self.asked[-1].cancel()
            case "reject" if self.shown:
                self.engine.rejected(self.document.uri)
                self.rejected.add((self.document.text, self.offset, self.shown))
                self.shown = ""
            case "by hand":
                self.ask(invoked=True)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=8), st.booleans())
def test_whatever_is_typed_and_said_the_rules_hold(
    steps: list[tuple[tuple[str, str], float]], answers: list[str], local: bool
) -> None:
    """Two streams at most, every request answered, shown text only grows until another key, no rejected text again."""
    run(_type(steps, answers, local=local))


async def _type(steps: list[tuple[tuple[str, str], float]], answers: list[str], *, local: bool) -> None:
    endpoint = Endpoint("work", ENDPOINT.dialect, ENDPOINT.base_url, "coder", local=local)

    async def connect(_: Model) -> Endpoint:
        return endpoint

    model = Chatter(answers)
    engine = CompletionEngine(Asker(model, connect, Guard(), now_s), clock=now_s)
    engine.configure(CompletionConfig(), Model(endpoint, ("suffix",), "", 4_096, embedded=False))
    person = Person(engine, Document.of("file:///project/a.py", "python", 1, "x = \ny = 2\n"), 4)
    person.ask(invoked=False)
    for (key, text), pause_s in steps:
        person.press(key, text)
        await asyncio.sleep(pause_s)
    outcomes = await asyncio.wait_for(asyncio.gather(*person.asked, return_exceptions=True), 30)
    assert not [each for each in outcomes if each is not None and not isinstance(each, asyncio.CancelledError)]
    assert model.most <= 2
    await engine.aclose()
    assert model.under_way == 0
