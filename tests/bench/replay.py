"""Real files typed in with a person's rhythm, against a model that knows a third of the lines: what does it cost?

Compared in one run, on virtual time: the same person with a model that needs no time at all (the ceiling of keys that
can be saved by lines), a request at every key, a pause of 350 ms before each request, and this engine, with an
endpoint that is paid by the token and with a server of one's own.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import files as files_of
from pathlib import Path

from lsp_server.completion.ask import Asker, Trace
from lsp_server.completion.engine import Completion, CompletionEngine, CompletionRequest, Nothing
from lsp_server.completion.place import Place
from lsp_server.completion.postprocess import Dropped, finish
from lsp_server.config import CompletionConfig
from lsp_server.models.messages import Endpoint
from lsp_server.models.providers import Model
from tests.bench.figures import p50, p95, show
from tests.bench.oracle import Hole, Oracle, Pace
from tests.bench.rhythm import Rhythm
from tests.bench.typist import Completer, Editor, Seen, type_in
from tests.bench.virtual import now_s
from tests.bench.virtual import run as run_virtually

ENDPOINT = Endpoint("work", "openai-compatible", "http://127.0.0.1:1/v1", "coder")
MODEL = Model(ENDPOINT, ("suffix",), "", 8_192, embedded=False)

CLOUD = Pace(0.35, 1 / 60)
FAST = Pace(0.15, 1 / 100)
SLOW = Pace(0.6, 1 / 35)
CRAWLING = Pace(0.6, 0.4)
AT_ONCE = Pace(0.0, 0.0)
PACES = {
    "350 ms and 60 tokens a second": CLOUD,
    "150 ms and 100 tokens a second": FAST,
    "600 ms and 35 tokens a second": SLOW,
    "600 ms and 400 ms a token": CRAWLING,
}

# Typed while the engine was made, and typed only to judge it.
KNOWN = ("httpx", "rich")
UNSEEN = ("pytest", "hypothesis", "pygls")
HOLES_PER_PROJECT = 4


class Idle:
    """A load guard on a machine that has nothing else to do."""

    def rest(self) -> str:
        """Give no reason to rest."""
        return ""

    def answered(self, tokens: int, seconds: float) -> None:
        """Learn nothing."""


def asker_for(oracle: Oracle) -> Asker:
    """Give the asker that the server would use, with the oracle as its client."""

    async def connect(_: Model) -> Endpoint:
        return ENDPOINT

    return Asker(oracle, connect, Idle(), now_s)


class _LineError(Exception):
    """Ends a stream behind its first line."""


class Plain:
    """A peer's policy: wait a while, ask for a line, show it; the editor's cancel ends the request. Nothing is kept."""

    def __init__(self, asker: Asker, debounce_s: float) -> None:
        self._asker = asker
        self._debounce_s = debounce_s

    async def complete(self, request: CompletionRequest) -> Completion | Nothing:
        """Give the line that the model says here."""
        if self._debounce_s:
            await asyncio.sleep(self._debounce_s)
        place = Place.at(request.document, request.offset)
        if not place.at_line_end:
            return Nothing("mid-line")
        said = ""

        def on_text(text: str) -> None:
            nonlocal said
            said = text
            if "\n" in text:
                raise _LineError

        try:
            await self._asker.ask(request.document, place, MODEL, CompletionConfig(), Trace(), on_text)
        except _LineError:
            pass
        except Dropped as dropped:
            return Nothing(dropped.reason)
        try:
            return Completion(finish(said.partition("\n")[0], place), "model")
        except Dropped as dropped:
            return Nothing(dropped.reason)


def ours(asker: Asker, *, local: bool = False) -> Completer:
    """Give the engine as the server runs it, on virtual time; `local` is a model server of one's own."""
    engine = CompletionEngine(asker, clock=now_s)
    engine.configure(CompletionConfig(), replace(MODEL, endpoint=replace(ENDPOINT, local=local)))
    return engine


@dataclass(frozen=True, slots=True)
class Policy:
    """A way to complete; `pace` is how fast its model is, None for the run's."""

    name: str
    make: Callable[[Asker], Completer]
    pace: Pace | None = None


POLICIES = (
    Policy("no waiting at all (ceiling)", lambda asker: Plain(asker, 0.0), AT_ONCE),
    Policy("a request at every key", lambda asker: Plain(asker, 0.0)),
    Policy("after a pause of 350 ms", lambda asker: Plain(asker, 0.35)),
    Policy("this engine", ours),
    Policy("this engine, own server", lambda asker: ours(asker, local=True)),
)


@dataclass(slots=True)
class Result:
    """What a policy did in all holes."""

    seen: Seen
    requests: int = 0
    tokens: int = 0
    most_under_way: int = 0

    @property
    def saved(self) -> float:
        """The share of keys that did not have to be typed."""
        return 1 - self.seen.keys / self.seen.plain_keys


def replay(policy: Policy, holes: list[Hole], pace: Pace) -> Result:
    """Type all holes in with one policy."""
    result = Result(Seen())
    for number, hole in enumerate(holes):
        oracle = Oracle(hole, policy.pace or pace)
        run_virtually(_type(policy, hole, oracle, result.seen, number))
        result.requests += oracle.requests
        result.tokens += oracle.tokens
        result.most_under_way = max(result.most_under_way, oracle.most_under_way)
    return result


async def _type(policy: Policy, hole: Hole, oracle: Oracle, seen: Seen, seed: int) -> None:
    completer = policy.make(asker_for(oracle))
    editor = Editor(completer, hole, seen)
    await type_in(hole, editor, Rhythm(seed), seen)


def holes_of(project: str, count: int) -> list[Hole]:
    """Give stretches of 8 to 30 lines of an installed project's modules, always the same."""
    chosen = random.Random(project)
    sources = sorted(_sources(project))
    holes: list[Hole] = []
    while len(holes) < count:
        path = chosen.choice(sources)
        text = path.read_text(encoding="utf-8")
        lines = text.split("\n")
        first = chosen.randrange(10, len(lines) - 20)
        last = first + chosen.randrange(8, 31)
        hole = "\n".join(lines[first:last])
        if last >= len(lines) or len(hole.strip()) < 200 or not lines[last - 1].strip() or not lines[first].strip():
            continue
        start = sum(len(line) + 1 for line in lines[:first]) + len(lines[first]) - len(lines[first].lstrip())
        end = sum(len(line) + 1 for line in lines[:first]) + len(hole)
        holes.append(Hole(f"{project}/{path.name}:{first}", "python", text, start, end))
    return holes


def _sources(project: str) -> Iterator[Path]:
    for file in files_of(project) or ():
        path = Path(str(file.locate()))
        if file.suffix == ".py" and path.stat().st_size > 5_000:
            yield path


def table(title: str, holes: list[Hole], pace: Pace, policies: tuple[Policy, ...] = POLICIES) -> dict[str, Result]:
    """Replay with each policy and print what it cost and saved."""
    results = {policy.name: replay(policy, holes, pace) for policy in policies}
    ceiling = results[POLICIES[0].name].saved
    rows = [_row(name, result, ceiling) for name, result in results.items()]
    headings = (
        "",
        *("keys saved", "of ceiling", "requests /100", "tokens / char", "ghost p50 / p95 ms"),
        *("from memory", "flicker", "doubled", "parses", "at once"),
    )
    show(title, headings, rows)
    return results


def _row(name: str, result: Result, ceiling: float) -> tuple[str, ...]:
    seen = result.seen
    times = seen.to_ghost_s or [0.0]
    return (
        name,
        f"{result.saved:.1%}",
        f"{result.saved / ceiling:.2f}",
        f"{100 * result.requests / seen.characters:.1f}",
        f"{result.tokens / seen.characters:.2f}",
        f"{p50(times) * 1000:.0f} / {p95(times) * 1000:.0f}",
        f"{seen.from_memory / max(seen.shown, 1):.1%}",
        str(seen.flicker),
        str(seen.doubled),
        f"{1 - seen.unparsed / max(seen.checked, 1):.1%}",
        str(result.most_under_way),
    )


def run() -> None:
    """Replay files that the engine was not made on, with models of four speeds, and print. Takes minutes."""
    holes = [hole for project in UNSEEN for hole in holes_of(project, HOLES_PER_PROJECT)]
    characters = sum(hole.end - hole.start for hole in holes)
    for name, pace in PACES.items():
        table(f"{len(holes)} holes, {characters:,} characters, a model of {name}", holes, pace)


if __name__ == "__main__":
    run()
