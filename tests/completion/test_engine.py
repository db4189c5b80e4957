"""The engine: as few requests as possible, every one answered, and no stream that outlives its use."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from context.text import Document, Position, RangeChange
from lsp_server.completion.engine import Completion, CompletionEngine, CompletionRequest, Nothing
from lsp_server.config import CompletionConfig, Eagerness, LanguageConfig
from lsp_server.errors import RateLimited, Truncated
from tests.completion.scripted import Clock, Guard, ScriptedModel, engine_with
from tests.cursor import at_cursor

pytestmark = pytest.mark.anyio


def request(marked: str, *, invoked: bool = False) -> CompletionRequest:
    """Ask at the mark."""
    return CompletionRequest(*at_cursor(marked), invoked)


def text_of(answer: Completion | Nothing) -> str:
    """Give the suggestion, or the reason in angle brackets."""
    return answer.text if isinstance(answer, Completion) else f"<{answer.reason}>"


async def suggest(engine: CompletionEngine, model: ScriptedModel, marked: str, *texts: str) -> str:
    """Ask, let the model say something, and give what is suggested."""
    asking = asyncio.create_task(engine.complete(request(marked)))
    (await model.asked(len(model.answers) + 1)).say(*texts).end()
    return text_of(await asking)


async def test_a_suggestion_is_the_model_s_text_at_the_cursor() -> None:
    """Prefix and suffix go out, the answer comes back."""
    model = ScriptedModel()
    assert await suggest(engine_with(model), model, "x = $0\ny = 2\n", "1", " + 2", "\nz") == "1 + 2"
    asked = model.answers[0].request
    assert (asked.prefix, asked.suffix) == ("x = ", "\ny = 2\n")


async def test_the_stream_is_closed_as_soon_as_the_line_is_there() -> None:
    """A model that would go on for ever is not listened to for ever."""
    model = ScriptedModel()
    asking = asyncio.create_task(engine_with(model).complete(request("x = $0\n")))
    answer = await model.asked(1)
    answer.say("1\n")
    assert text_of(await asking) == "1"
    await asyncio.wait_for(answer.closed.wait(), 1)
    assert not answer.ended


async def test_typing_along_a_suggestion_needs_no_request() -> None:
    """Every key of a shown text is answered from memory; so is a step back."""
    model, clock = ScriptedModel(), Clock()
    engine = engine_with(model, clock=clock)
    assert await suggest(engine, model, "x = $0\n", "compute(1)") == "compute(1)"
    for typed in ("c", "com", "compute(", "co"):
        answer = await engine.complete(request(f"x = {typed}$0\n"))
        assert text_of(answer) == "compute(1)"[len(typed) :]
        assert isinstance(answer, Completion)
        assert answer.source == "memory"
    assert len(model.answers) == 1
    assert clock.slept_s == []


async def test_another_key_than_the_suggested_one_asks_anew() -> None:
    """What no longer fits is not shown."""
    model = ScriptedModel()
    engine = engine_with(model)
    await suggest(engine, model, "x = $0\n", "compute(1)")
    assert await suggest(engine, model, "x = d$0\n", "one()") == "one()"


async def test_a_changed_suffix_asks_anew() -> None:
    """An answer counts only where the text on both sides is the same."""
    model = ScriptedModel()
    engine = engine_with(model)
    await suggest(engine, model, "f($0)\n", "a")
    assert await suggest(engine, model, "f($0)\nb()\n", "b") == "b"


async def test_a_key_along_a_running_answer_joins_it() -> None:
    """The stream under way is kept as long as what it says agrees with what is typed."""
    model = ScriptedModel()
    engine = engine_with(model)
    first = asyncio.create_task(engine.complete(request("x = $0\n")))
    answer = (await model.asked(1)).say("com")
    second = asyncio.create_task(engine.complete(request("x = c$0\n")))
    await asyncio.sleep(0)
    answer.say("pute(1)\n")
    assert text_of(await first) == "compute(1)"
    joined = await second
    assert text_of(joined) == "ompute(1)"
    assert isinstance(joined, Completion)
    assert joined.source == "joined"
    assert len(model.answers) == 1


async def test_a_key_off_a_running_answer_ends_it_and_asks_anew() -> None:
    """Superseded means: answered at once with nothing, and the stream closed."""
    model = ScriptedModel()
    engine = engine_with(model)
    first = asyncio.create_task(engine.complete(request("x = $0\n")))
    old = (await model.asked(1)).say("com")
    second = asyncio.create_task(engine.complete(request("x = d$0\n")))
    new = await model.asked(2)
    assert text_of(await asyncio.wait_for(first, 1)) == "<superseded>"
    await asyncio.wait_for(old.closed.wait(), 1)
    new.say("one()\n")
    assert text_of(await second) == "one()"


async def test_a_running_answer_that_turns_out_different_is_left() -> None:
    """Nothing had come when the key was typed; the first words then disagree."""
    model = ScriptedModel()
    engine = engine_with(model)
    first = asyncio.create_task(engine.complete(request("x = $0\n")))
    old = await model.asked(1)
    second = asyncio.create_task(engine.complete(request("x = d$0\n")))
    await asyncio.sleep(0)
    old.say("compute")
    (await model.asked(2)).say("one()\n")
    assert text_of(await second) == "one()"
    assert text_of(await first) == "<superseded>"
    assert old.closed.is_set()


async def test_a_cancelled_request_closes_its_stream() -> None:
    """Nobody waits any more, so nobody listens any more."""
    model = ScriptedModel()
    asking = asyncio.create_task(engine_with(model).complete(request("x = $0\n")))
    answer = await model.asked(1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.wait_for(answer.closed.wait(), 1)


async def test_an_editor_that_cancels_at_every_key_still_joins() -> None:
    """The request after a cancel takes over the stream that the cancelled one had opened."""
    model = ScriptedModel()
    engine = engine_with(model)
    first = asyncio.create_task(engine.complete(request("x = $0\n")))
    answer = await model.asked(1)
    first.cancel()
    second = asyncio.create_task(engine.complete(request("x = c$0\n")))
    await asyncio.sleep(0)
    answer.say("compute(1)\n")
    assert text_of(await second) == "ompute(1)"
    assert len(model.answers) == 1


async def test_closing_a_document_ends_what_is_under_way_for_it() -> None:
    """A closed file is asked about no longer."""
    model = ScriptedModel()
    engine = engine_with(model)
    asking = asyncio.create_task(engine.complete(request("x = $0\n")))
    answer = await model.asked(1)
    engine.close_document("file:///project/a.py")
    assert text_of(await asyncio.wait_for(asking, 1)) == "<superseded>"
    await asyncio.wait_for(answer.closed.wait(), 1)


async def test_a_burst_of_keys_becomes_few_requests() -> None:
    """Eight keys 60 ms apart: one request at the first, one when the burst is over."""
    model, clock = ScriptedModel(), Clock()
    waiting = []
    held: list[asyncio.Event] = []

    async def hold(_: float) -> None:
        held.append(asyncio.Event())
        await held[-1].wait()

    engine = engine_with(model, clock=clock, sleep=hold)
    for count in range(1, 9):
        clock.now_s += 0.06
        waiting.append(asyncio.create_task(engine.complete(request(f"x = {'abcdefgh'[:count]}$0\n"))))
        for _ in range(5):
            await asyncio.sleep(0)
        if count == 1:
            (await model.asked(1)).say("zzz")
            await asyncio.sleep(0)
    for event in held:
        event.set()
    (await model.asked(2)).say("i\n")
    assert [text_of(await each) for each in waiting] == ["<superseded>"] * 7 + ["i"]
    assert len(model.answers) == 2


@pytest.mark.parametrize(
    ("eagerness", "invoked", "expected"),
    [("off", True, "<off>"), ("manual", False, "<manual>"), ("manual", True, "1"), ("eager", False, "1")],
)
async def test_the_dial_says_when_a_model_is_asked(eagerness: Eagerness, invoked: bool, expected: str) -> None:
    """Off is off; by hand means by hand."""
    model = ScriptedModel()
    config = CompletionConfig(eagerness="eager", languages={"python": LanguageConfig(eagerness)})
    asking = asyncio.create_task(engine_with(model, config=config).complete(request("x = $0\n", invoked=invoked)))
    if not expected.startswith("<"):
        (await model.asked(1)).say("1\n")
    assert text_of(await asking) == expected


async def test_in_the_middle_of_a_line_nothing_is_asked_unless_by_hand() -> None:
    """Code right of the cursor would only be pushed about."""
    model = ScriptedModel()
    engine = engine_with(model)
    assert text_of(await engine.complete(request("x = $0 + y\n"))) == "<mid-line>"
    asking = asyncio.create_task(engine.complete(request("x = $0 + y\n", invoked=True)))
    (await model.asked(1)).say("1\n")
    assert text_of(await asking) == "1"


async def test_a_fault_gives_nothing_and_the_next_request_works() -> None:
    """The reason comes along; nothing is kept of the fault."""
    model = ScriptedModel()
    engine = engine_with(model)
    asking = asyncio.create_task(engine.complete(request("x = $0\n")))
    (await model.asked(1)).say("1").fail(Truncated("The answer broke off."))
    answer = await asking
    assert isinstance(answer, Nothing)
    assert isinstance(answer.error, Truncated)
    assert await suggest(engine, model, "x = $0\n", "2\n") == "2"


async def test_after_a_rate_limit_the_model_is_left_alone_until_its_time() -> None:
    """Asking on would only make it worse; by hand it may be tried."""
    model, clock = ScriptedModel(), Clock()
    engine = engine_with(model, clock=clock)
    asking = asyncio.create_task(engine.complete(request("x = $0\n")))
    (await model.asked(1)).fail(RateLimited("Slow down.", 30.0))
    await asking
    assert text_of(await engine.complete(request("x = $0\n"))) == "<rate-limited>"
    clock.now_s += 31
    assert await suggest(engine, model, "x = $0\n", "1\n") == "1"


async def test_a_way_that_is_not_understood_is_not_tried_twice() -> None:
    """An endpoint without a native way is asked by template from then on."""
    model = ScriptedModel(refused=("suffix",))
    engine = engine_with(model, ways=("suffix", "template"))
    assert await suggest(engine, model, "x = $0\n", "1\n") == "1"
    assert await suggest(engine, model, "y = $0\n", "2\n") == "2"
    assert all("<|fim_middle|>" in answer.request.prefix for answer in model.answers)


async def test_the_embedded_model_is_asked_for_one_line_and_left_alone_on_a_busy_machine() -> None:
    """It is asked at once, without pacing, and the guard learns how fast it was."""
    model, clock, guard = ScriptedModel(), Clock(), Guard()
    engine = engine_with(model, clock=clock, guard=guard, embedded=True, ways=("prefix",))
    assert await suggest(engine, model, "def f():\n    $0\n", "    return 1", "\n    x") == "return 1"
    assert await suggest(engine, model, "y = $0\n", " 1\n") == "1"
    assert clock.slept_s == []
    assert guard.learned == [2, 1]
    guard.reason = "busy"
    assert text_of(await engine.complete(request("z = $0\n"))) == "<machine-busy>"


async def test_a_key_in_a_long_file_looks_only_at_what_is_near() -> None:
    """Consecutive prompts begin at the same place, so that a model server need not read them again."""
    model = ScriptedModel()
    engine = engine_with(model)
    document = Document.of("file:///a.py", "python", 1, "".join(f"value_{i} = {i}\n" for i in range(10_000)))
    prompts = []
    for version in range(2, 22):
        at = Position(5000, version - 2)
        document = document.with_change(RangeChange(at, at, "x"), "utf-16", version)
        offset = document.offset(Position(5000, version - 1), "utf-16")
        asking = asyncio.create_task(engine.complete(CompletionRequest(document, offset, invoked=True)))
        (await model.asked(len(model.answers) + 1)).say("y\n")
        await asking
        prompts.append(model.answers[-1].request.prefix)
    assert all(after.startswith(before) for before, after in pairwise(prompts))
