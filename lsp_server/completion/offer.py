"""What an editor was last given for a document, and which of it a person has taken or looks at.

An editor tells of an item by the text that it was given. With an item selected in its popup, that text begins with the
item's, which is no part of the ghost text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from context.text import TextEdit
from lsp_server.completion.place import Place
from lsp_server.completion.suggestion import Completion, CompletionRequest, Nothing, Selected


@dataclass(frozen=True, slots=True)
class Offer:
    """The texts that were given at a place, the first one shown; each behind `before`, what a popup's item puts in."""

    place: Place
    texts: tuple[str, ...]
    before: str = ""

    def text_of(self, given: str) -> str:
        """Give the ghost text of an item by the text that was given; "" for one that was not."""
        text = given.removeprefix(self.before)
        return text if given == self.before + text and text in self.texts else ""


def as_if_selected(request: CompletionRequest) -> CompletionRequest:
    """Give the request that would be made if the popup's item had been taken; without one, the request itself."""
    selected = request.selected
    if selected is None:
        return request
    edit = TextEdit(selected.span, selected.text)
    document = request.document.with_edits([edit], request.document.version)
    return CompletionRequest(document, selected.span.start + len(selected.text), request.invoked)


def with_selected(answer: Completion | Nothing, selected: Selected | None) -> Completion | Nothing:
    """Give an answer to such a request as one that replaces what the popup's item would replace."""
    if isinstance(answer, Nothing) or selected is None:
        return answer
    others = tuple(selected.text + other for other in answer.others)
    return replace(answer, text=selected.text + answer.text, others=others)
