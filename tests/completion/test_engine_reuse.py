"""The ways to answer without a request, or without a new one: each as a scene at a keyboard."""

from __future__ import annotations

import asyncio

import pytest

from context.text import Span
from lsp_server.completion.engine import Completion, CompletionEngine, CompletionRequest, Selected
from lsp_server.config import CompletionConfig
from tests.completion.scripted import Clock, ScriptedModel, engine_with
from tests.cursor import at_cursor

pytestmark = pytest.mark.anyio


async def ask(engine: CompletionEngine, marked: str, *, invoked: bool = False) -> str:
    """Give the suggestion at the mark, or the reason in angle brackets."""
    answer = await engine.complete(CompletionRequest(*at_cursor(marked), invoked))
    return answer.text if isinstance(answer, Completion) else f"<{answer.reason}>"


def asking(engine: CompletionEngine, marked: str) -> asyncio.Task[str]:
    """Ask in the background."""
    return asyncio.create_task(ask(engine, marked))


async def suggest(engine: CompletionEngine, model: ScriptedModel, marked: str, *texts: str) -> str:
    """Ask, let the model say something, and give what is suggested."""
    waiting = asking(engine, marked)
    (await model.asked(len(model.answers) + 1)).say(*texts).end()
    return await waiting


async def test_a_line_is_shown_while_the_next_one_is_still_streamed() -> None:
    """Nobody waits for what is not shown yet; and a line is enough where tokens cost money."""
    model = ScriptedModel()
    waiting = asking(engine_with(model), "def f(x):\n    $0\n")
    answer = (await model.asked(1)).say("y = x", "\n    retu")
    assert await waiting == "y = x"
    await asyncio.wait_for(answer.closed.wait(), 1)
    assert not answer.ended


async def test_the_line_after_a_taken_one_comes_from_the_same_answer() -> None:
    """What was read beyond the shown text is kept: for a Tab at once, and for Enter."""
    model = ScriptedModel()
    engine = engine_with(model, local=True)
    waiting = asking(engine, "def f(x):\n    $0\n")
    answer = (await model.asked(1)).say("y = compu")
    assert await ask_soon(engine, "def f(x):\n    y = com$0\n", answer.say, "te(x)\n    return y\n\n") == "pute(x)"
    assert await waiting == "y = compute(x)"
    assert await ask(engine, "def f(x):\n    y = compute(x)$0\n") == "\n    return y"
    assert await ask(engine, "def f(x):\n    y = compute(x)\n    $0\n") == "return y"
    assert await ask(engine, "def f(x):\n    y = compute(x)\n    ret$0\n") == "urn y"
    assert len(model.answers) == 1


async def ask_soon(engine: CompletionEngine, marked: str, say: object, text: str) -> str:
    """Ask, and let the model say more only then."""
    waiting = asking(engine, marked)
    await asyncio.sleep(0)
    assert callable(say)
    say(text)
    return await waiting


async def test_after_a_taken_line_the_next_is_asked_for_before_enter() -> None:
    """The person is on the way to Enter; whoever presses it joins the request that was sent ahead."""
    model = ScriptedModel()
    engine = engine_with(model)
    assert await suggest(engine, model, "x = $0\n", "1 + 2\n") == "1 + 2"
    at_the_end = asking(engine, "x = 1 + 2$0\n")
    ahead = await model.asked(2)
    assert ahead.request.prefix == "x = 1 + 2\n"
    after_enter = asking(engine, "x = 1 + 2\n$0\n")
    await asyncio.sleep(0)
    ahead.say("y = x\n")
    assert await at_the_end == "\ny = x"
    assert await after_enter == "y = x"
    assert len(model.answers) == 2


async def test_typing_a_suggestion_out_by_hand_shows_no_new_line() -> None:
    """Only who takes suggestions is shown more than was asked for; the answer is there after Enter."""
    model = ScriptedModel()
    engine = engine_with(model)
    assert await suggest(engine, model, "x = $0\n", "12\n") == "12"
    assert await ask(engine, "x = 1$0\n") == "2"
    assert await ask(engine, "x = 12$0\n") == "<line-complete>"
    (await model.asked(2)).say("y = x\n")
    assert await ask(engine, "x = 12\n$0\n") == "y = x"


async def test_a_step_back_shows_again_what_was_shown_there() -> None:
    """Also beyond where the suggestion began, if something was shown there."""
    model = ScriptedModel()
    engine = engine_with(model)
    assert await suggest(engine, model, "x = $0\n", "compute(1)") == "compute(1)"
    assert await ask(engine, "x = com$0\n") == "pute(1)"
    assert await ask(engine, "x = co$0\n") == "mpute(1)"
    assert await ask(engine, "x = $0\n") == "compute(1)"
    assert len(model.answers) == 1


async def test_brackets_that_the_editor_closes_are_no_other_text() -> None:
    """The suggestion goes on inside them, without its own closing bracket."""
    model = ScriptedModel()
    engine = engine_with(model)
    assert await suggest(engine, model, "x = $0\n", "compute([1, 2])") == "compute([1, 2])"
    assert await ask(engine, "x = compute($0)\n") == "[1, 2]"
    assert await ask(engine, "x = compute([$0])\n") == "1, 2"
    assert len(model.answers) == 1


async def test_what_was_read_and_left_is_not_shown_there_again() -> None:
    """Another key after a look is a no; who asks by hand may see it again."""
    model, clock = ScriptedModel(), Clock()
    engine = engine_with(model, clock=clock)
    assert await suggest(engine, model, "x = $0\n", "compute(1)\n") == "compute(1)"
    clock.now_s += 1
    assert await suggest(engine, model, "x = d$0\n", "one()\n") == "one()"
    clock.now_s += 5
    assert await ask(engine, "x = $0\n") == "<rejected>"
    assert await ask(engine, "x = $0\n", invoked=True) == "compute(1)"


async def test_a_slip_that_is_taken_back_is_no_reject() -> None:
    """A wrong key and a backspace: the suggestion is back."""
    model, clock = ScriptedModel(), Clock()
    engine = engine_with(model, clock=clock)
    assert await suggest(engine, model, "x = $0\n", "compute(1)\n") == "compute(1)"
    clock.now_s += 1
    slip = asking(engine, "x = q$0\n")
    await model.asked(2)
    clock.now_s += 0.5
    assert await ask(engine, "x = $0\n") == "compute(1)"
    assert await slip == "<superseded>"


async def test_what_an_editor_says_was_sent_away_is_not_shown_there_again() -> None:
    """The text that was dismissed by hand."""
    model = ScriptedModel()
    engine = engine_with(model)
    assert await suggest(engine, model, "x = $0\n", "compute(1)\n") == "compute(1)"
    engine.rejected("file:///project/a.py")
    assert await ask(engine, "x = $0\n") == "<rejected>"


async def test_an_older_request_never_ends_a_newer_one() -> None:
    """The first request finds that its answer does not fit any more, after the second has asked anew."""
    model = ScriptedModel()
    engine = engine_with(model)
    first = asking(engine, "x = $0\n")
    old = await model.asked(1)
    second = asking(engine, "y = $0\n")
    new = await model.asked(2)
    old.say("1\n")
    assert await asyncio.wait_for(first, 1) == "<superseded>"
    new.say("2\n")
    assert await second == "2"
    assert len(model.answers) == 2


async def test_a_request_that_rests_is_answered_when_the_next_one_comes() -> None:
    """Not only when its rest is over."""
    model, clock = ScriptedModel(), Clock()
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        await asyncio.Event().wait()

    engine = engine_with(model, clock=clock, sleep=sleep)
    await suggest(engine, model, "x = $0\n", "a\n")
    resting = asking(engine, "x = b$0\n")
    await asyncio.sleep(0.01)
    assert len(naps) == 1
    assert await ask(engine, "x = $0\n") == "a"
    assert await asyncio.wait_for(resting, 1) == "<superseded>"


async def test_what_follows_a_shown_text_is_fetched_where_asking_is_free() -> None:
    """As if it had been taken; on a metered endpoint that would be paid for."""
    model = ScriptedModel()
    engine = engine_with(model, local=True)
    assert await suggest(engine, model, "x = $0\n", "1\n") == "1"
    ahead = await model.asked(2)
    assert ahead.request.prefix == "x = 1\n"
    ahead.say("y = 2\n").end()
    await asyncio.wait_for(ahead.closed.wait(), 1)
    assert await ask(engine, "x = 1\n$0\n") == "y = 2"

    metered = ScriptedModel()
    engine = engine_with(metered)
    assert await suggest(engine, metered, "x = $0\n", "1\n") == "1"
    await asyncio.sleep(0)
    assert len(metered.answers) == 1


async def test_a_slow_stream_shows_what_has_come_to_whoever_types_along() -> None:
    """Each key shows more of it, and never something else."""
    model, clock = ScriptedModel(), Clock()
    engine = engine_with(model, clock=clock)
    first = asking(engine, "x = $0\n")
    answer = (await model.asked(1)).say("compute")
    await asyncio.sleep(0.01)
    clock.now_s += 1
    second = asking(engine, "x = c$0\n")
    answer.say("(first, ")
    assert await second == "ompute(first,"
    answer.say("second)")
    await asyncio.sleep(0.01)
    assert await ask(engine, "x = co$0\n") == "mpute(first, second)"
    answer.say("\n")
    assert await first == "compute(first, second)"


async def test_a_selected_popup_item_begins_the_suggestion() -> None:
    """The model is asked as if it had been taken, and the text stands in the place of what it would replace."""
    model = ScriptedModel()
    engine = engine_with(model)
    document, offset = at_cursor("x = com$0\n")
    selected = Selected(Span(offset - 3, offset), "compute")
    waiting = asyncio.create_task(engine.complete(CompletionRequest(document, offset, selected=selected)))
    answer = await model.asked(1)
    assert answer.request.prefix == "x = compute"
    answer.say("(1)\n")
    completion = await waiting
    assert isinstance(completion, Completion)
    assert completion.text == "compute(1)"


async def test_who_asks_by_hand_gets_a_whole_block_and_may_choose_from_what_was_said() -> None:
    """The line that was shown before is another candidate."""
    model = ScriptedModel()
    engine = engine_with(model)
    assert await suggest(engine, model, "def f():\n    $0\n", "x = 1\n    ret") == "x = 1"
    waiting = asyncio.create_task(engine.complete(CompletionRequest(*at_cursor("def f():\n    $0\n"), invoked=True)))
    (await model.asked(2)).say("y = compute(2)\n    return y\n").end()
    answer = await waiting
    assert isinstance(answer, Completion)
    assert answer.text == "y = compute(2)\n    return y"
    assert answer.others == ("x = 1",)


async def test_an_editor_that_waits_by_itself_is_not_kept_waiting() -> None:
    """Its name says so; what is asked again within a line is asked at once."""
    model, clock = ScriptedModel(), Clock()
    engine = engine_with(model, clock=clock)
    engine.meet("Neovim")
    await suggest(engine, model, "x = $0\n", "a\n")
    await suggest(engine, model, "x = b$0\n", "c\n")
    assert clock.slept_s == []


async def test_in_calm_a_model_is_asked_at_a_pause_only() -> None:
    """The dial that keeps suggestions away from whoever is typing."""
    model, clock = ScriptedModel(), Clock()
    engine = engine_with(model, clock=clock, config=CompletionConfig(eagerness="calm"))
    assert await suggest(engine, model, "x = $0\n", "1\n") == "1"
    assert clock.slept_s == [pytest.approx(0.4)]


async def test_nothing_is_shown_twice_where_the_next_line_stands_already() -> None:
    """The line after a taken one is the one beneath."""
    model = ScriptedModel()
    engine = engine_with(model)
    assert await suggest(engine, model, "x = $0\ny = 2\n", "1\n") == "1"
    waiting = asking(engine, "x = 1$0\ny = 2\n")
    (await model.asked(2)).say("y = 2\nz").end()
    answer = await waiting
    assert answer in ("<repeats-what-follows>", "<line-complete>", "<empty>")
