"""Asking a model: what is sent and what is noted of it, however the asking ends; and others to choose from."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from lsp_server.completion.ask import Asker, Trace
from lsp_server.completion.engine import Completion, CompletionEngine, CompletionRequest, Nothing
from lsp_server.completion.offer import Offer
from lsp_server.completion.place import Place
from lsp_server.config import CompletionConfig
from lsp_server.errors import Truncated, Unreachable
from lsp_server.models.messages import Endpoint
from lsp_server.models.providers import Model
from tests.completion.scripted import ENDPOINT, Clock, Guard, ScriptedModel, engine_with
from tests.cursor import at_cursor

pytestmark = pytest.mark.anyio

MODEL = Model(ENDPOINT, ("suffix",), "", 4_096, embedded=False)


async def connect(model: Model) -> Endpoint:
    """Give the endpoint as it is."""
    return model.endpoint


async def ask(model: Model, temperature: float | None) -> float | None:
    """Ask a model once; gives the temperature that went out."""
    scripted = ScriptedModel()
    document, offset = at_cursor("x = $0\n")
    asker = Asker(scripted, connect, Guard(), Clock())
    config, trace = CompletionConfig(), Trace()
    asking = asyncio.create_task(
        asker.ask(document, Place.at(document, offset), model, config, trace, lambda _: None, temperature=temperature)
    )
    answer = await scripted.asked(1)
    answer.say("1\n").end()
    assert await asking == "1"
    return answer.request.temperature


@pytest.mark.parametrize(
    ("sampling", "temperature", "sent"), [(True, None, 0.0), (True, 0.6, 0.6), (False, None, None), (False, 0.6, None)]
)
async def test_a_temperature_goes_only_to_a_model_that_takes_one(
    sampling: bool, temperature: float | None, sent: float | None
) -> None:
    """Of such a model the likeliest text is asked for, unless another is wanted."""
    assert await ask(replace(MODEL, sampling=sampling), temperature) == sent


async def test_what_was_sent_is_noted_although_the_stream_broke() -> None:
    """Whoever looks for the reason sees what went out and how long it took."""
    model, clock = ScriptedModel(), Clock()
    asking = asyncio.create_task(engine_with(model, clock=clock).complete(CompletionRequest(*at_cursor("x = $0\n"))))
    answer = (await model.asked(1)).say("1")
    clock.now_s += 0.5
    answer.fail(Truncated("The answer broke off."))
    outcome = await asking
    assert isinstance(outcome, Nothing)
    assert outcome.trace is not None
    assert outcome.trace.request == answer.request
    assert (outcome.trace.model, outcome.trace.raw, outcome.trace.total_s) == ("work/coder", "1", 0.5)


async def test_who_could_not_be_reached_is_noted() -> None:
    """Nothing was sent, but it is known to whom it would have been."""

    async def nobody(_: Model) -> Endpoint:
        raise Unreachable("Nobody listens there.")

    engine = CompletionEngine(Asker(ScriptedModel(), nobody, Guard(), Clock()))
    engine.configure(CompletionConfig(), MODEL)
    answer = await engine.complete(CompletionRequest(*at_cursor("x = $0\n")))
    assert answer.trace is not None
    assert (answer.trace.model, answer.trace.request) == ("work/coder", None)


@pytest.mark.parametrize("said", ["", "    ", "\n\n", "Here is the code you asked for:", "1\n", "1", "x ="])
@pytest.mark.parametrize("invoked", [False, True])
async def test_whatever_came_of_a_request_what_was_sent_is_told(said: str, invoked: bool) -> None:
    """An answer that is empty, unfit or good has the trace of the request that was made for it."""
    model = ScriptedModel()
    asking = asyncio.create_task(engine_with(model).complete(CompletionRequest(*at_cursor("x = $0\n"), invoked)))
    (await model.asked(1)).say(said).end()
    outcome = await asyncio.wait_for(asking, 5)
    assert outcome.trace is not None
    assert outcome.trace.request is not None
    assert outcome.trace.request.prefix == "x = "


async def test_a_request_that_was_overtaken_tells_what_it_had_sent() -> None:
    """It is answered with nothing, and it is known what for."""
    model = ScriptedModel()
    engine = engine_with(model)
    first = asyncio.create_task(engine.complete(CompletionRequest(*at_cursor("x = $0\n"))))
    await model.asked(1)
    second = asyncio.create_task(engine.complete(CompletionRequest(*at_cursor("y$0\n"))))
    overtaken = await first
    assert isinstance(overtaken, Nothing)
    assert (overtaken.reason, overtaken.trace and overtaken.trace.way) == ("superseded", "suffix")
    (await model.asked(2)).say(" = 2\n")
    await second


async def by_hand(model: ScriptedModel, engine: CompletionEngine, *said: str) -> tuple[str, ...]:
    """Ask by hand; each text is the answer to one request. Gives all that there is to choose from."""
    asking = asyncio.create_task(engine.complete(CompletionRequest(*at_cursor("x = $0\n"), invoked=True)))
    for number, text in enumerate(said, start=1):
        (await model.asked(number)).say(text).end()
    answer = await asyncio.wait_for(asking, 5)
    assert isinstance(answer, Completion)
    return (answer.text, *answer.others)


def patient(model: ScriptedModel, *, local: bool = True, clock: Clock | None = None) -> CompletionEngine:
    """Give an engine that never loses patience, with a model that takes a temperature."""
    endpoint = replace(ENDPOINT, local=local)

    async def for_ever(_: float) -> None:
        await asyncio.Event().wait()

    engine = CompletionEngine(Asker(model, connect, Guard(), Clock()), clock=clock or Clock(), sleep=for_ever)
    engine.configure(CompletionConfig(), Model(endpoint, ("suffix",), "", 4_096, embedded=False, sampling=True))
    return engine


async def test_who_asks_by_hand_may_choose_from_three() -> None:
    """A server of one's own is asked again twice, at a higher temperature, one request after the other."""
    model = ScriptedModel()
    assert await by_hand(model, patient(model), "one(1)\n", "two(2)\n", "three\n") == ("one(1)", "two(2)", "three")
    assert [answer.request.temperature for answer in model.answers[:3]] == [0.0, 0.6, 0.6]


async def test_where_tokens_cost_money_it_is_asked_again_once() -> None:
    """Two to choose from are enough there."""
    model = ScriptedModel()
    assert await by_hand(model, patient(model, local=False), "one(1)\n", "two(2)\n") == ("one(1)", "two(2)")
    assert len(model.answers) == 2


async def test_what_says_the_same_is_no_choice() -> None:
    """Nor is what is not fit to be shown."""
    model = ScriptedModel()
    assert await by_hand(model, patient(model), "one(1)\n", "one( 1 )\n", "\n") == ("one(1)",)


async def test_the_one_with_which_the_document_parses_comes_first() -> None:
    """It is the one that is shown."""
    model = ScriptedModel()
    assert await by_hand(model, patient(model), "one(1\n", "two(2)\n", "one(1\n") == ("two(2)", "one(1")


async def test_nobody_waits_for_others_for_long() -> None:
    """After a second there is what there is, and the stream is closed."""
    model, clock = ScriptedModel(), Clock()
    engine = engine_with(model, local=True, clock=clock)
    assert await by_hand(model, engine, "one(1)\n") == ("one(1)",)
    assert clock.slept_s == [1.0]
    await asyncio.wait_for((await model.asked(2)).closed.wait(), 1)


async def test_the_next_key_ends_the_wait_for_others() -> None:
    """Whoever types on has no use for them."""
    model = ScriptedModel()
    engine = patient(model)
    asking = asyncio.create_task(engine.complete(CompletionRequest(*at_cursor("x = $0\n"), invoked=True)))
    (await model.asked(1)).say("one(1)\n").end()
    again = await model.asked(2)
    next_key = asyncio.create_task(engine.complete(CompletionRequest(*at_cursor("x = o$0\n"))))
    first = await asyncio.wait_for(asking, 5)
    assert isinstance(first, Completion)
    assert first.text == "one(1)"
    await asyncio.wait_for(again.closed.wait(), 1)
    told = await asyncio.wait_for(next_key, 5)
    assert isinstance(told, Completion)
    assert told.text == "ne(1)"


@pytest.mark.parametrize("how", ["close", "end"])
async def test_closing_ends_the_wait_for_others(how: str) -> None:
    """A document that is gone, and an engine that ends, have no stream open."""
    model = ScriptedModel()
    engine = patient(model)
    asking = asyncio.create_task(engine.complete(CompletionRequest(*at_cursor("x = $0\n"), invoked=True)))
    (await model.asked(1)).say("one(1)\n").end()
    again = await model.asked(2)
    if how == "close":
        engine.close_document("file:///project/a.py")
    else:
        await engine.aclose()
    await asyncio.wait_for(again.closed.wait(), 1)
    await asyncio.wait_for(asking, 5)
    await engine.aclose()


async def test_another_text_than_the_first_can_be_taken() -> None:
    """What an editor says it shows is what is typed along, and what was taken is no reject."""
    model = ScriptedModel()
    engine = patient(model)
    await by_hand(model, engine, "one(1)\n", "two(2)\n", "three\n")
    engine.shown("file:///project/a.py", "two(2)")
    engine.shown("file:///project/a.py", "of somebody else")
    told = await engine.complete(CompletionRequest(*at_cursor("x = t$0\n")))
    assert (isinstance(told, Completion) and told.text, told.trace) == ("wo(2)", None)


async def test_an_accepted_part_leaves_the_rest_on_the_screen() -> None:
    """The rest of the text that was taken in part is there at the next request, without a model."""
    model = ScriptedModel()
    engine = patient(model)
    await by_hand(model, engine, "one(1)\n", "two(2, 3)\n", "three\n")
    asked = len(model.answers)
    engine.partly_accepted("file:///project/a.py", "two(2, 3)", 4)
    told = await engine.complete(CompletionRequest(*at_cursor("x = two($0\n")))
    assert isinstance(told, Completion)
    assert told.text == "2, 3)"
    assert all(
        answer.request.prefix.startswith("x = one(1)") or answer.request.prefix.startswith("x = two(2, 3)")
        for answer in model.answers[asked:]
    )
    await engine.aclose()


@pytest.mark.parametrize(("told", "expected"), [(True, "memory"), (False, "rejected")])
async def test_to_take_another_than_the_first_is_no_reject(told: bool, expected: str) -> None:
    """The editor's word for it counts; without it, another text looks like a refusal of the one that was read."""
    model, clock = ScriptedModel(), Clock()
    engine = patient(model, local=False, clock=clock)
    await by_hand(model, engine, "one(1)\n", "two(2)\n")
    clock.now_s += 5
    if told:
        engine.accepted("file:///project/a.py", "two(2)")
    taken = asyncio.create_task(engine.complete(CompletionRequest(*at_cursor("x = two(2)$0\n"))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock.now_s += 5
    again = await engine.complete(CompletionRequest(*at_cursor("x = $0\n")))
    assert (again.source if isinstance(again, Completion) else again.reason) == expected
    await taken
    await engine.aclose()


async def test_a_text_behind_a_popup_s_item_is_known_again() -> None:
    """The editor names it with the item's own text before it; what is typed along is the suggestion."""
    place = Place.at(*at_cursor("x.fo$0\n"))
    offer = Offer(place, ("o(bar)", "r()"), before="fo")
    assert [offer.text_of(text) for text in ("foo(bar)", "for()", "o(bar)", "fo", "")] == ["o(bar)", "r()", "", "", ""]
