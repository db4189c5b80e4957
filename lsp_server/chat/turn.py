"""A turn: a question, the model's answers and the tools that they ask for, until it is done. Pure: nothing here waits.

Whatever happens, and whenever the turn ends, each tool call in its messages has exactly one result, in the message
behind it: vendors refuse a conversation in which one is missing, with every later question.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from lsp_server.chat.arguments import BadArguments, parse_arguments
from lsp_server.models.answer import assistant_message
from lsp_server.models.messages import Finished, Message, Part, StreamEvent, Text, ToolCall, ToolResult, Usage

EndReason: TypeAlias = Literal["end_turn", "max_tokens", "max_turn_requests", "refusal", "cancelled", "error"]

# The third call that is word for word the same gets the first one's result, the fifth ends the turn: models were seen
# to repeat one 12 to 18 times.
_REPEATED = 3
_MOST_REPEATED = 5

_WARNING = "You have made this very call before; its result has not changed. Go on with what you know.\n\n"
_NOT_RUN = "This tool was not run: {}."
_UNKNOWN_OUTCOME = "This tool was interrupted: {}. What it has done until then is not known; look before you go on."


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one turn may go."""

    requests: int = 50
    tool_calls: int = 200
    output_tokens: int = 200_000


@dataclass(frozen=True, slots=True)
class CallModel:
    """Ask the model with these messages of the turn behind the history."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class RunTool:
    """Run a tool with these arguments."""

    call: ToolCall
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunTools:
    """Run these tools beside each other: several that only read, or one that writes."""

    runs: tuple[RunTool, ...]


@dataclass(frozen=True, slots=True)
class End:
    """The turn is over."""

    reason: EndReason


Step: TypeAlias = CallModel | RunTools | End


class Turn:
    """One turn. `tools` are the names of the tools there are, each with whether it may run beside others.

    The driver asks for the `next_step`, does it, and tells what came: `receive` each event of the model's stream,
    `add_result` for each tool. At any moment it may `end` the turn, and `inject` what the person said meanwhile.
    """

    def __init__(self, question: Message, tools: Mapping[str, bool], limits: Limits = Limits()) -> None:
        self._tools = tools
        self._limits = limits
        self._messages: list[Message] = [question]
        self._events: list[StreamEvent] = []
        self._calls: tuple[ToolCall, ...] = ()
        self._results: dict[int, ToolResult] = {}
        self._running: dict[str, int] = {}
        self._injected: list[Text] = []
        self._made: Counter[tuple[str, str]] = Counter()
        self._first_results: dict[tuple[str, str], ToolResult] = {}
        self._ended: EndReason | None = None
        self._requests = self._tool_calls = self._output_tokens = 0
        self.usage: list[Usage] = []

    @property
    def messages(self) -> tuple[Message, ...]:
        """The turn's messages as they may be sent and stored at this moment, whole in themselves."""
        return (*self._messages, *self._unfinished("the turn is not over"))

    @property
    def injected(self) -> tuple[str, ...]:
        """What the person said meanwhile and the model has not been told, since the turn was over."""
        return tuple(part.text for part in self._injected)

    def next_step(self) -> Step:
        """Give what is to be done now; asked again before that is done, the same."""
        if self._ended is None and not self._calls:
            self._ended = self._limit()
        if self._ended is None and not self._running:
            self._start()
        if self._ended is not None:
            return End(self._ended)
        if not self._calls:
            return CallModel(tuple(self._messages))
        if not self._running:
            self._close_calls()
            return self.next_step()
        calls = (self._calls[at] for at in self._running.values())
        return RunTools(tuple(RunTool(call, parse_arguments(call.arguments)) for call in calls))

    def receive(self, event: StreamEvent) -> None:
        """Take over an event of the model's stream."""
        if self._ended is not None:
            return
        self._events.append(event)
        if isinstance(event, Finished):
            self._finish(event)

    def add_result(self, result: ToolResult) -> None:
        """Take over the result of a tool that runs; one that nobody waits for is dropped."""
        at = self._running.pop(result.call_id, None)
        if at is None or self._ended is not None:
            return
        self._results[at] = result
        key = _key(self._calls[at])
        if not self._tools[key[0]]:
            # A tool that writes may change what any other call gives: a test is rightly run again after each edit.
            self._made = Counter({key: self._made[key]})
            self._first_results = {}
        self._first_results.setdefault(key, result)

    def inject(self, text: str) -> None:
        """Tell the model what the person said meanwhile, at the next chance."""
        self._injected.append(Text(text))

    def end(self, reason: EndReason, why: str = "the person cancelled the turn") -> None:
        """End the turn now; `why` tells the model in a later turn what became of its tool calls."""
        if self._ended is not None:
            return
        self._messages += self._unfinished(why)
        self._calls, self._events = (), []
        self._running.clear()
        self._ended = reason

    def _limit(self) -> EndReason | None:
        within = (
            self._requests < self._limits.requests
            and self._tool_calls < self._limits.tool_calls
            and self._output_tokens < self._limits.output_tokens
        )
        return None if within else "max_turn_requests"

    def _finish(self, finished: Finished) -> None:
        message = assistant_message(self._events)
        self._events = []
        self._requests += 1
        self.usage.append(finished.usage)
        self._output_tokens += finished.usage.output_tokens or 0
        self._calls = _calls_of(message)
        self._results = {}
        if message.parts:
            self._messages.append(message)
        if self._calls:
            self._tool_calls += len(self._calls)
            self._made.update(map(_key, self._calls))
        else:
            self._ended = _END_REASONS.get(finished.stop_reason, "end_turn")

    def _start(self) -> None:
        """Let the next calls run, as many as may beside each other; those that cannot run get their results."""
        if any(self._made[_key(call)] >= _MOST_REPEATED for call in self._calls):
            self.end("max_turn_requests", "the same call was made again and again, so the turn was ended")
            return
        for at, call in enumerate(self._calls):
            if at in self._results:
                continue
            refusal = self._refusal(call)
            if refusal is not None:
                self._results[at] = refusal
                continue
            beside = self._tools[call.name]
            if self._running and (not beside or call.id in self._running):
                return
            self._running[call.id] = at
            if not beside:
                return

    def _refusal(self, call: ToolCall) -> ToolResult | None:
        """Give the result of a call that need not run: wrong, or made before."""
        if call.name not in self._tools:
            known = ", ".join(sorted(self._tools)) or "none"
            return ToolResult(call.id, call.name, f"There is no tool {call.name!r}; there are: {known}.", is_error=True)
        try:
            parse_arguments(call.arguments)
        except BadArguments as error:
            return ToolResult(call.id, call.name, str(error), is_error=True)
        first = self._first_results.get(_key(call))
        if first is not None and self._made[_key(call)] >= _REPEATED:
            return ToolResult(call.id, call.name, _WARNING + first.text, first.is_error, first.images)
        return None

    def _close_calls(self) -> None:
        results: list[Part] = [self._results[at] for at in range(len(self._calls))]
        self._messages.append(Message("user", (*results, *self._injected)))
        self._calls, self._injected = (), []

    def _unfinished(self, why: str) -> list[Message]:
        """Give the messages that make whole what is under way: a partial answer, and results for open calls."""
        found: list[Message] = []
        calls, results, running = self._calls, self._results, set(self._running.values())
        if self._events:
            partial = assistant_message(self._events)
            calls, results, running = _calls_of(partial), {}, set()
            found += [partial] if partial.parts else []
        if calls:
            found.append(
                Message(
                    "user", tuple(_result(call, results.get(at), at in running, why) for at, call in enumerate(calls))
                )
            )
        return found


_END_REASONS: Mapping[str, EndReason] = {"max_tokens": "max_tokens", "refusal": "refusal"}


def _calls_of(message: Message) -> tuple[ToolCall, ...]:
    return tuple(part for part in message.parts if isinstance(part, ToolCall))


def _result(call: ToolCall, known: ToolResult | None, running: bool, why: str) -> ToolResult:
    text = (_UNKNOWN_OUTCOME if running else _NOT_RUN).format(why)
    return known or ToolResult(call.id, call.name, text, is_error=True)


def _key(call: ToolCall) -> tuple[str, str]:
    """Give what makes two calls the same: the tool, and arguments of the same meaning."""
    try:
        return call.name, json.dumps(parse_arguments(call.arguments), sort_keys=True)
    except BadArguments:
        return call.name, call.arguments
