"""A model that knows the file, and is wrong as often as real ones are: it streams the true continuation plus noise.

Lines come in stretches that it knows and stretches that it does not; 35 % are right as a whole. The others hold
surprises: tokens at which it says something else, from the same file, until the person has typed past them. So it says
the same again to whoever types along, as a model without sampling does. It does not know where to stop: behind the
hole it goes on with what stands there already.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from zlib import crc32

from lsp_server.models.messages import Endpoint, FimRequest, Finished, StreamEvent, TextDelta

# 3.7 characters a token on Python projects, as the tokenizer of a small code model has it (3.7 to 3.9).
_TOKEN = re.compile(r"\n[ \t]*|[ \t]?\w{1,6}|[ \t]+|[^\w\s]{1,3}")

# A line is right as a whole: after a right one, after a wrong one. In the long run that is 35 %.
RIGHT_AFTER_RIGHT, RIGHT_AFTER_WRONG = 0.6, 0.215
# Any other line surprises the model at one of its tokens, and behind it at so many of the others.
SURPRISING = 0.2
# At the end of the hole it stops so often; otherwise it says what follows again.
STOPS = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a model is: seconds to the first token, each ± a fifth, and seconds a token."""

    first_token_s: float
    token_s: float


@dataclass(frozen=True, slots=True)
class Hole:
    """What is to be typed: `text[start:end]` of a true file."""

    name: str
    language_id: str
    text: str
    start: int
    end: int


def draw(*key: object) -> float:
    """Give a number in [0, 1) that depends on nothing but the key."""
    return random.Random(crc32(repr(key).encode())).random()


class Oracle:
    """Streams at virtual time what a model would say in a hole; counts requests and generated tokens."""

    def __init__(self, hole: Hole, pace: Pace, fault: Callable[[float], Exception | None] = lambda _: None) -> None:
        self.requests = 0
        self.tokens = 0
        self.under_way = 0
        self.most_under_way = 0
        self._hole = hole
        self._pace = pace
        self._fault = fault
        self._lines = hole.text.split("\n")
        self._surprises = _surprises(hole.name, self._lines)

    async def stream(
        self, request: FimRequest, endpoint: Endpoint, *, timeout_s: float
    ) -> AsyncGenerator[StreamEvent, None]:
        """Give the events of one answer; what is generated before it is closed is counted."""
        self.requests += 1
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            jitter = 0.8 + 0.4 * draw(self._hole.name, "pace", self.requests)
            await asyncio.sleep(self._pace.first_token_s * jitter)
            fault = self._fault(asyncio.get_running_loop().time())
            if fault is not None:
                raise fault
            for token in self._answer(request):
                self.tokens += 1
                yield TextDelta(token)
                await asyncio.sleep(self._pace.token_s)
            yield Finished("end_turn")
        finally:
            self.under_way -= 1

    def _answer(self, request: FimRequest) -> list[str]:
        text = self._continuation(request.prefix)
        for stop in request.stop:
            text = text.partition(stop)[0]
        return _TOKEN.findall(text)[: request.max_tokens]

    def _continuation(self, prefix: str) -> str:
        """Give what the model says behind a prefix, far beyond what anybody listens to."""
        end = prefix[-200:]
        found = self._hole.text.rfind(end, max(0, self._hole.start - 200), self._hole.end)
        at = found + len(end)
        if found < 0 or not self._hole.start <= at <= self._hole.end:
            return self._wrong("", prefix[-40:])
        said: list[str] = []
        line, column = self._hole.text.count("\n", 0, at), at - self._hole.text.rfind("\n", 0, at) - 1
        last = self._hole.text.count("\n", 0, self._hole.end)
        while line < len(self._lines) and len(said) < 40:
            rest = self._lines[line][column:]
            surprise = next((each for each in self._surprises[line] if each >= column), None)
            if surprise is not None:
                truth = self._lines[line][surprise:]
                return "".join([*said, rest[: surprise - column], self._wrong(truth, f"{line}:{surprise}")])
            said.append(rest)
            if line == last and draw(self._hole.name, line, "stops") < STOPS:
                return "".join(said)
            said.append("\n")
            line, column = line + 1, 0
        return "".join(said)

    def _wrong(self, truth: str, key: str) -> str:
        """Give a text of the same file that does not belong here, and begins otherwise than the truth."""
        number = int(draw(self._hole.name, key, "wrong") * (len(self._lines) - 1))
        first, *others = self._lines[number : number + 6]
        cut = len(first) - len(first.lstrip()) + int(draw(self._hole.name, key, "cut") * 8)
        text = first[cut:] or "pass"
        if text[:1] == truth[:1]:
            text = f"({text}"
        return "\n".join([text, *others])


def _surprises(name: str, lines: list[str]) -> list[list[int]]:
    """Give for each line the columns at which the model goes wrong, whatever was typed before."""
    columns: list[list[int]] = []
    right = False
    for number, line in enumerate(lines):
        right = draw(name, number, "right") < (RIGHT_AFTER_RIGHT if right else RIGHT_AFTER_WRONG)
        starts = [found.start() for found in _TOKEN.finditer(line) if not found[0].isspace()]
        if right or not starts:
            columns.append([])
            continue
        first = int(draw(name, number, "first") * len(starts))
        later = [each for each in starts[first + 1 :] if draw(name, number, each) < SURPRISING]
        columns.append([starts[first], *later])
    return columns
