"""The commands on code, and the code actions that offer them.

What is offered comes from a table and the syntax alone, since editors ask at every movement of the cursor. A model is
asked when a command runs. What it wrote is cleaned, placed and checked; it is asked once more when it failed, and after
that the command fails with the reason.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from context.syntax import Symbol, Syntax, parse
from context.text import Document, Span, TextEdit
from lsp_server.chat.prompt import Attachment, Lines, Question, build, name_of, system_prompt
from lsp_server.chat.voice import Reply, Voice, reply
from lsp_server.docstring import check, place
from lsp_server.docstring_text import docstring_text, echoes
from lsp_server.editor import Editor
from lsp_server.errors import AssistantError, EditRefused
from lsp_server.models.messages import ChatRequest, Usage
from lsp_server.prompts import Prompt, fill, load
from lsp_server.trail import Trail

# Lines around the explained ones that go along. With more, a small model explains the neighbouring function.
_EXPLAIN_MARGIN_LINES = 3
_DOCSTRING_MAX_TOKENS = 256
_DOCSTRING_ROUNDS = 2
# PEP 8 wants lines of at most 79 characters; four are the body's indentation, six the quotes.
_LINE_LENGTH, _BODY_AND_QUOTES, _NARROWEST = 79, 10, 40

_IDENTIFIER = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Action:
    """A row of the table. `{what}` in a title stands for the symbol's name, or for the selection.

    `languages` empty means all. `on_selection` offers the action for selected text, too.
    """

    command: str
    title: str
    kind: str
    symbol_kinds: tuple[str, ...]
    languages: frozenset[str] = frozenset()
    on_selection: bool = False


EXPLAIN = Action(
    command="antiphon.explain",
    title="Explain {what}",
    kind="antiphon.explain",
    symbol_kinds=("function", "class"),
    on_selection=True,
)
DOCSTRING = Action(
    command="antiphon.docstring",
    title="Write a docstring for {what}",
    kind="refactor.rewrite.antiphon.docstring",
    symbol_kinds=("function", "class"),
    languages=frozenset({"python"}),
)
ACTIONS = (EXPLAIN, DOCSTRING)


@dataclass(frozen=True, slots=True)
class Offer:
    """A code action that can be picked here; `uri` and `span` are the command's argument."""

    title: str
    kind: str
    command: str
    uri: str
    span: Span


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `explain` gives: Markdown. `action_id` leads to the trail."""

    action_id: str
    text: str


@dataclass(frozen=True, slots=True)
class AppliedEdit:
    """What a command gives that has changed the text; `label` names the change in the editor's undo history."""

    action_id: str
    label: str


def listed(syntax: Syntax, start: int, end: int) -> list[Offer]:
    """Give what can be picked for a selection, or at a cursor (`start` is `end`). No model is asked."""
    offers = (_offer(action, syntax, Span(start, end)) for action in ACTIONS)
    return [offer for offer in offers if offer is not None]


class Actions:
    """Runs the commands. `voice` gives the model as the settings stand when a command begins."""

    def __init__(self, voice: Callable[[], Voice]) -> None:
        self.trail = Trail()
        self._voice = voice

    async def explain(self, uri: str, span: Span, editor: Editor, instruction: str | None = None) -> Explanation:
        """Explain what is selected, or the function or class at the cursor, and show it in the editor.

        `instruction` is the person's wish beyond that. Raises AssistantError when there is nothing to explain,
        ModelError when the model failed.
        """
        with self._run(EXPLAIN, uri) as action_id:
            document = _read(editor, uri)
            lines, subject = await asyncio.to_thread(_explainable, document, span)
            prompt = load("explain")
            text = "\n\n".join(filter(None, (fill(prompt, subject=subject), (instruction or "").strip())))
            attachment = Attachment.of(document, name_of(uri), lines, margin=_EXPLAIN_MARGIN_LINES)
            voice = self._voice()
            system = system_prompt(voice.instructions)
            answer = await self._ask(action_id, voice, system, prompt, Question(text, (attachment,)), voice.max_tokens)
            explanation = Explanation(action_id, answer.text.strip())
            if not explanation.text:
                raise AssistantError("The model gave no explanation: try again, or choose another model.")
            await editor.show_text(f"Explanation of {subject.replace('`', '')}", explanation.text)
            return explanation

    async def docstring(self, uri: str, span: Span, editor: Editor) -> AppliedEdit:
        """Write the docstring of the function or class at the cursor, in place of an older one.

        Raises EditRefused when there is no place for one, or when the model wrote nothing that may stand there;
        ModelError when the model failed.
        """
        with self._run(DOCSTRING, uri) as action_id:
            document = _read(editor, uri)
            syntax, symbol = await asyncio.to_thread(_documentable, document, span)
            edit = await self._written(action_id, syntax, symbol)
            label = f"Docstring of {symbol.name}"
            await editor.apply_edits(document, [edit], label)
            return AppliedEdit(action_id, label)

    async def _written(self, action_id: str, syntax: Syntax, symbol: Symbol) -> TextEdit:
        """Ask for the text, and once more with the reason when it would not do."""
        document = syntax.document
        attachment = Attachment.of(document, name_of(document.uri), _lines(document, symbol.span), margin=0)
        voice = self._voice()
        max_tokens = min(voice.max_tokens, _DOCSTRING_MAX_TOKENS)
        prompt = load("docstring")
        text = fill(prompt, kind=symbol.kind, name=symbol.name)
        question = Question(text, (attachment,))
        finding = ""
        for _ in range(_DOCSTRING_ROUNDS):
            answer = await self._ask(action_id, voice, voice.instructions.strip(), prompt, question, max_tokens)
            try:
                return await asyncio.to_thread(_edit, syntax, symbol, answer, question.text)
            except EditRefused as refusal:
                finding = str(refusal)
            prompt = load("docstring-repair")
            question = Question(f"{text}\n\n{fill(prompt, name=symbol.name, finding=finding)}", (attachment,))
        raise EditRefused(f"No docstring was written for {symbol.name}. {finding} Try again, or use a larger model.")

    async def _ask(
        self, action_id: str, voice: Voice, system: str, prompt: Prompt, question: Question, max_tokens: int
    ) -> Reply:
        usage = Usage()
        try:
            budget_tokens = voice.window_tokens - max_tokens
            built = build(system, (), question, budget_tokens=budget_tokens, count=voice.count)
            answer = await reply(voice, ChatRequest(built.messages, max_tokens, voice.temperature))
            usage = answer.usage
            return answer
        finally:
            self.trail.ask(action_id, prompt, voice.model, usage)

    @contextmanager
    def _run(self, action: Action, uri: str) -> Iterator[str]:
        """Give a new action's id, and note in the trail how the block ends."""
        action_id = self.trail.begin(action.command, uri)
        try:
            yield action_id
        except asyncio.CancelledError:
            self.trail.end(action_id, "cancelled")
            raise
        except EditRefused as error:
            self.trail.end(action_id, "refused", str(error))
            raise
        except BaseException as error:
            self.trail.end(action_id, "failed", str(error))
            raise
        self.trail.end(action_id, "done")


def _offer(action: Action, syntax: Syntax, span: Span) -> Offer | None:
    document = syntax.document
    if action.languages and document.language_id not in action.languages:
        return None
    what = "the selection"
    if not (span and action.on_selection):
        symbol = _symbol(syntax, span, action)
        if symbol is None:
            return None
        what = f"`{symbol.name}`"
    return Offer(action.title.format(what=what), action.kind, action.command, document.uri, span)


def _symbol(syntax: Syntax, span: Span, action: Action) -> Symbol | None:
    """Find the symbol that is meant at a place; before the first word of a line, the word is meant."""
    document = syntax.document
    line, column = document.line_column(span.start)
    content = document.content(line)
    first_word = len(content) - len(content.lstrip())
    return syntax.symbol_at(span.start + max(first_word - column, 0), action.symbol_kinds)


def _lines(document: Document, span: Span) -> Lines:
    """Give the lines of a span, counted from 1; a selection that ends at a line's beginning does not hold that line."""
    first, _ = document.line_column(span.start)
    last, column = document.line_column(span.end)
    return Lines(first + 1, max(last if column == 0 else last + 1, first + 1))


def _read(editor: Editor, uri: str) -> Document:
    document = editor.document(uri)
    if document is None:
        raise AssistantError(f"{name_of(uri)} cannot be read: open it in the editor first.")
    return document


# What follows parses, which takes a while in a large file, and so runs in a thread.


def _explainable(document: Document, span: Span) -> tuple[Lines, str]:
    """Give the lines that shall be explained, and how to speak of them."""
    own = _own(document)
    if span:
        lines = _lines(own, span)
        return lines, f"the code in lines {lines.first}-{lines.last} of `{name_of(own.uri)}`"
    symbol = _symbol(parse(own), span, EXPLAIN)
    if symbol is None:
        raise AssistantError("There is no function or class at the cursor: select what shall be explained.")
    return _lines(own, symbol.span), f"the {symbol.kind} `{symbol.name}`"


def _documentable(document: Document, span: Span) -> tuple[Syntax, Symbol]:
    """Find what shall get a docstring, and try its place out: there is no use in asking a model otherwise."""
    if document.language_id not in DOCSTRING.languages:
        languages = ", ".join(sorted(DOCSTRING.languages))
        raise EditRefused(f"A docstring can be written in these languages only: {languages}.")
    syntax = parse(_own(document))
    symbol = _symbol(syntax, span, DOCSTRING)
    if symbol is None:
        raise EditRefused("There is no function or class at the cursor: place it on the one to document.")
    _checked(syntax, symbol, "Text.")
    return syntax, symbol


def _edit(syntax: Syntax, symbol: Symbol, answer: Reply, asked: str) -> TextEdit:
    """Make the checked edit of a model's answer to what it was asked."""
    document = syntax.document
    _, column = document.line_column(symbol.header.start)
    text = docstring_text(
        answer.text,
        symbol.name,
        document.slice(symbol.span),
        frozenset(_IDENTIFIER.findall(document.text)),
        width=max(_NARROWEST, _LINE_LENGTH - column - _BODY_AND_QUOTES),
        truncated=answer.stop_reason == "max_tokens",
    )
    if echoes(text, asked):
        raise EditRefused("The model only repeated what it was asked.")
    return _checked(syntax, symbol, text)


def _checked(syntax: Syntax, symbol: Symbol, text: str) -> TextEdit:
    edit = place(syntax, symbol, text)
    after = syntax.document.with_edits([edit], syntax.document.version)
    check(syntax, parse(after), symbol)
    return edit


def _own(document: Document) -> Document:
    """Give the same text for the use of one thread: a document remembers where it was asked last."""
    return Document(document.uri, document.language_id, document.version, document.lines)
