"""The commands: what is offered where, what a model is asked, and what comes of its answer."""

from __future__ import annotations

import asyncio

import pytest

from context.syntax import parse
from context.text import Document, Span
from lsp_server.actions import Actions, AppliedEdit, Explanation, listed
from lsp_server.chat.prompt import system_prompt
from lsp_server.errors import AssistantError, ContextOverflow, EditRefused, Overloaded
from lsp_server.models.messages import Finished, TextDelta, Usage
from lsp_server.prompts import load
from lsp_server.trail import Run
from tests.chat.scripted import ScriptedModel, Step, said
from tests.cursor import at_cursor
from tests.fake_editor import FakeEditor

AREA = "import math\n\n\ndef area(radius):\n    return $0math.pi * radius**2\n\n\nx = 1\n"
DOCUMENTED = 'import math\n\n\ndef area(radius):\n    """{}"""\n    return math.pi * radius**2\n\n\nx = 1\n'


def offered(marked: str, selected: int = 0, language_id: str = "python") -> list[tuple[str, str]]:
    document, offset = at_cursor(marked, language_id)
    return [(offer.title, offer.kind) for offer in listed(parse(document), offset, offset + selected)]


@pytest.mark.parametrize("marked", [AREA, "  $0  def area(): pass", "class A:\n  def area(self): pass$0\n"])
def test_the_symbol_at_the_cursor_can_be_explained_and_documented(marked: str) -> None:
    """The innermost one; in a line's indentation, the line's word is meant."""
    assert offered(marked) == [
        ("Explain `area`", "antiphon.explain"),
        ("Write a docstring for `area`", "refactor.rewrite.antiphon.docstring"),
    ]


def test_a_selection_can_be_explained_anywhere() -> None:
    """Explaining needs no grammar and no symbol."""
    assert offered("$0x = 1\n", selected=5) == [("Explain the selection", "antiphon.explain")]
    assert offered("let $0x = 1;\n", selected=5, language_id="rust") == [("Explain the selection", "antiphon.explain")]


@pytest.mark.parametrize(("marked", "language_id"), [("$0x = 1\n", "python"), ("fn f() { $01 }\n", "plaintext")])
def test_where_nothing_can_be_done_nothing_is_offered(marked: str, language_id: str) -> None:
    """A menu of things that fail helps nobody."""
    assert offered(marked, language_id=language_id) == []


def test_an_offer_carries_its_argument() -> None:
    """The command can be run from what the offer says."""
    document, offset = at_cursor(AREA)
    explain, docstring = listed(parse(document), offset, offset)
    assert (explain.command, docstring.command) == ("antiphon.explain", "antiphon.docstring")
    assert (explain.uri, explain.span) == (document.uri, Span(offset, offset))


class Desk:
    """An editor with one document, a cursor, and a scripted model."""

    def __init__(self, marked: str, *scripts: list[Step], selected: int = 0, language_id: str = "python") -> None:
        self.document, offset = at_cursor(marked, language_id)
        self.span = Span(offset, offset + selected)
        self.editor = FakeEditor(self.document)
        self.model = ScriptedModel(*scripts)
        self.voice = self.model.voice()
        self.actions = Actions(lambda: self.voice)

    async def explain(self, instruction: str | None = None) -> Explanation:
        return await self.actions.explain(self.document.uri, self.span, self.editor, instruction)

    async def docstring(self) -> AppliedEdit:
        return await self.actions.docstring(self.document.uri, self.span, self.editor)

    @property
    def text(self) -> str:
        return self.editor.documents[self.document.uri].text

    @property
    def run(self) -> Run:
        """The latest action in the trail."""
        return self.actions.trail.latest()[0]

    def asked(self, request: int = -1) -> str:
        return self.model.requests[request].messages[-1].text


@pytest.mark.anyio
class TestExplain:
    """`antiphon.explain`"""

    async def test_the_function_at_the_cursor_is_explained(self) -> None:
        """The model sees the function within its surroundings; the person sees the answer."""
        desk = Desk(AREA, said("It **multiplies**.\n"))
        explanation = await desk.explain()
        assert explanation.text == "It **multiplies**."
        assert desk.editor.shown == [("Explanation of the function area", "It **multiplies**.")]
        assert desk.asked().startswith("File `a.py`, lines 1-8 of 8, selected: lines 4-5:\n```python\nimport math\n")
        assert "What does the function `area` do" in desk.asked()
        assert desk.model.requests[0].messages[0].text == system_prompt()

    async def test_a_selection_is_explained(self) -> None:
        """Lines are named as a person counts them; one that is only touched at its beginning is left out."""
        desk = Desk("one\n$0two\nthree\nfour\n", said("Numbers."), selected=10, language_id="plaintext")
        await desk.explain("In Welsh, please. ")
        assert "selected: lines 2-3:\n" in desk.asked()
        assert "What does the code in lines 2-3 of `a.py` do" in desk.asked()
        assert desk.asked().endswith("\n\nIn Welsh, please.")

    async def test_the_action_leaves_a_trail(self) -> None:
        """The id leads to prompt, model and cost."""
        desk = Desk(AREA, said("It multiplies.", usage=Usage(90, 3)))
        explanation = await desk.explain()
        run = desk.actions.trail.find(explanation.action_id)
        assert run is not None
        assert (run.command, run.outcome, run.detail) == ("antiphon.explain", "done", "")
        (asked,) = run.asked
        assert (asked.prompt_id, asked.prompt_sha256) == ("explain", load("explain").sha256)
        assert (asked.model, asked.usage) == ("scripted/one", Usage(90, 3))

    async def test_a_long_file_is_cut_around_what_is_explained(self) -> None:
        """The model's window is kept, and the selected lines are in it."""
        lines = [f"a_long_variable = {number}\n" for number in range(400)]
        desk = Desk("".join([*lines[:200], "$0", *lines[200:]]), said("Lines."), selected=2_000)
        desk.voice = desk.model.voice(window_tokens=1_000, max_tokens=100)
        await desk.explain()
        assert sum(len(message.text) for message in desk.model.requests[0].messages) < 900
        assert "variable = 200\n" in desk.asked()
        assert "(cut to fit)" in desk.asked()

    @pytest.mark.parametrize(
        ("marked", "message"),
        [("$0x = 1\n", "select what shall be explained"), (AREA, "gave no explanation")],
    )
    async def test_without_an_explanation_the_person_is_told(self, marked: str, message: str) -> None:
        """Nothing to explain, and a model that says nothing, are different things."""
        desk = Desk(marked, said(" \n"))
        with pytest.raises(AssistantError, match=message):
            await desk.explain()
        assert desk.editor.shown == []
        assert (desk.run.outcome, desk.run.detail[-1]) == ("failed", ".")

    async def test_a_file_that_is_not_there_is_an_error(self) -> None:
        """A client may name anything."""
        desk = Desk(AREA)
        with pytest.raises(AssistantError, match=r"gone\.py cannot be read"):
            await desk.actions.explain("file:///p/gone.py", Span(0, 0), desk.editor)


@pytest.mark.anyio
class TestDocstring:
    """`antiphon.docstring`"""

    async def test_the_answer_becomes_one_edit(self) -> None:
        """Only the function is shown to the model; the edit is labelled for the undo history."""
        desk = Desk(AREA, said("Return the area of a circle."))
        applied = await desk.docstring()
        assert desk.text == DOCUMENTED.format("Return the area of a circle.")
        assert desk.editor.labels == [applied.label] == ["Docstring of area"]
        assert desk.asked().startswith("File `a.py`, lines 4-5 of 8:\n```python\ndef area")
        assert desk.run.outcome == "done"
        assert [message.role for message in desk.model.requests[0].messages] == ["user"]
        assert desk.model.requests[0].max_tokens == 256

    async def test_the_persons_instructions_go_along(self) -> None:
        """They may say which language or style docstrings have."""
        desk = Desk(AREA, said("Berechnet die Fläche."))
        desk.voice = desk.model.voice(instructions="Auf Deutsch. ")
        await desk.docstring()
        assert desk.model.requests[0].messages[0].text == "Auf Deutsch."
        assert desk.text == DOCUMENTED.format("Berechnet die Fläche.")

    async def test_what_small_models_add_stays_out(self) -> None:
        """Fences, echoes and chatter never reach the file."""
        reply = 'Here is the docstring:\n```python\ndef area(radius):\n    """This function returns the area."""\n```'
        desk = Desk(AREA, said(reply))
        await desk.docstring()
        assert desk.text == DOCUMENTED.format("Returns the area.")

    async def test_an_older_docstring_is_replaced(self) -> None:
        """The rest of the file stays as it is."""
        desk = Desk(DOCUMENTED.format("Old.").replace("return", "return $0", 1), said("Return the area."))
        before = desk.text
        await desk.docstring()
        assert desk.text == before.replace("Old.", "Return the area.")

    async def test_a_useless_answer_is_asked_for_once_more(self) -> None:
        """The second request says what was wrong with the first answer."""
        desk = Desk(AREA, said("Calls `numpy.area` for it."), said("Return the area."))
        await desk.docstring()
        assert "An earlier answer was refused. The model spoke of numpy, which the file does not hold." in desk.asked()
        assert "def area(radius):" in desk.asked()
        assert desk.text == DOCUMENTED.format("Return the area.")
        assert [asked.prompt_id for asked in desk.run.asked] == ["docstring", "docstring-repair"]

    async def test_two_useless_answers_are_an_honest_no(self) -> None:
        """The file stays as it is, and the reason is a sentence."""
        desk = Desk(AREA, said("def area(radius): ..."), [TextDelta("Return the"), Finished("max_tokens")])
        reason = "No docstring was written for area. The model did not come to the end of its first sentence."
        with pytest.raises(EditRefused, match=reason):
            await desk.docstring()
        assert (desk.text, desk.editor.labels) == (desk.document.text, [])
        assert desk.run.outcome == "refused"
        assert desk.run.detail.startswith(reason)

    @pytest.mark.parametrize(
        ("marked", "language_id", "reason"),
        [
            ("$0x = 1\n", "python", "no function or class at the cursor"),
            ("fn f() { $01 }\n", "rust", "in these languages only: python"),
            ("def f():\n    b'bytes'$0\n", "python", "change the code around it"),
        ],
    )
    async def test_where_none_can_stand_no_model_is_asked(self, marked: str, language_id: str, reason: str) -> None:
        """The place is tried out first, which costs nothing."""
        desk = Desk(marked, language_id=language_id)
        with pytest.raises(EditRefused, match=reason):
            await desk.docstring()
        assert desk.model.requests == []

    async def test_a_text_that_changed_in_the_meantime_is_not_touched(self) -> None:
        """The edit is for the version that was read; a person who types on loses nothing."""
        go_on = asyncio.Event()
        desk = Desk(AREA, [go_on, *said("Return the area.")])
        command = asyncio.create_task(desk.docstring())
        await desk.model.waiting.wait()
        desk.editor.documents[desk.document.uri] = Document.of(desk.document.uri, "python", 2, "typed = 1\n")
        go_on.set()
        with pytest.raises(EditRefused, match="changed in the meantime"):
            await command
        assert desk.text == "typed = 1\n"
        assert desk.run.outcome == "refused"

    async def test_a_cancel_closes_the_models_stream(self) -> None:
        """The error leaves, nothing is written, and the trail knows."""
        desk = Desk(AREA, [TextDelta("Return"), asyncio.Event()])
        command = asyncio.create_task(desk.docstring())
        await desk.model.waiting.wait()
        command.cancel()
        with pytest.raises(asyncio.CancelledError):
            await command
        assert desk.model.closed == 1
        assert desk.text == desk.document.text
        assert desk.run.outcome == "cancelled"

    async def test_a_model_that_fails_is_told(self) -> None:
        """The request stands in the trail, its usage unknown."""
        desk = Desk(AREA, [Overloaded("The endpoint is overloaded: try later.")])
        with pytest.raises(Overloaded):
            await desk.docstring()
        assert (desk.run.outcome, desk.run.detail) == ("failed", "The endpoint is overloaded: try later.")
        assert [asked.usage for asked in desk.run.asked] == [Usage()]

    async def test_a_function_that_is_longer_than_the_window_is_cut(self) -> None:
        """The model sees its beginning; a window without any room is an error of its own."""
        desk = Desk("def f():\n" + "    x = 1\n" * 300 + "    $0return x\n", said("Return an x."))
        desk.voice = desk.model.voice(window_tokens=900, max_tokens=100)
        await desk.docstring()
        assert "```python\ndef f():\n    x = 1\n" in desk.asked()
        assert "(cut to fit)" in desk.asked()
        desk.voice = desk.model.voice(window_tokens=200, max_tokens=100)
        with pytest.raises(ContextOverflow):
            await desk.docstring()
