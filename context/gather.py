"""What a model is shown: the text around a cursor, and snippets of everything that belongs to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from context.budget import Budget, Shares, fit, share_out, size_of
from context.imports import Import
from context.project import Project, Target
from context.recent import Recent
from context.retrieve import Query, Retrieval
from context.skeleton import header
from context.snippet import Snippet
from context.syntax import parse
from context.text import Document, Span

# The window before the cursor starts at a line that is a multiple of this, so that its beginning stays put while a
# person types, and a model server re-reads one token instead of the whole prompt (measured: 13 ms, not 3,320 ms).
ANCHOR_LINES = 16

_COLUMN_STEP = 128

# The same within one very long line, in characters.
_ANCHOR_CHARACTERS = 1_024


# What each source may take of the room for snippets, where the others have enough to say (tuned for recall).
_USAGE, _OUTLINE, _DEFINITIONS = 0.3, 0.1, 0.4

# Lines beyond the first two levels, and blank ones: most of a long file, told apart at once.
_NOT_OUTLINED = ("     ", "\t\t", "\n", "\r")

# A line that defines something, in any language that has a word for it.
_DEFINITION = re.compile(
    r"[ \t]*(?:(?:async|export|default|public|private|protected|internal|static|abstract|final|pub|unsafe|data|sealed"
    r"|open|override|partial)[ \t]+)*"
    r"(?:def|class|func|fn|function|struct|interface|enum|trait|type|object|record|protocol)[ \t]+[^\W\d]\w*"
)

# What a file imports mostly stands here, and no more has to be parsed to know it.
_IMPORT_LINES = 200

# A window of similar code is shown with so many lines around it.
_VERBATIM_LINES = 3

# So many lines that begin like the current one are shown, each below so many of those above it. Lines of the document
# itself that stand so close above are shown anyway.
_MOST_COPIES, _COPIED_ABOVE = 6, 2
_SHOWN_LINES = 16

# What a document has before and after the cursor counts in steps, so that typing does not move the shares.
_STEP_CHARACTERS = 1_024

_PLENTY = 1_000_000


@dataclass(frozen=True, slots=True)
class CompletionContext:
    """The text around a cursor that a completion model is shown."""

    prefix: str
    suffix: str


def gather_for_completion(document: Document, offset: int, budget: Budget) -> CompletionContext:
    """Give the text before and after an offset, cut at line boundaries to the budget."""
    line, column = document.line_column(offset)
    # What stands on the line itself counts in steps, or a key would move the beginning of the window now and then.
    on_line = -(-column // _COLUMN_STEP) * _COLUMN_STEP
    first = _anchor_line(document, line, budget.prefix_characters - on_line)
    end = _last_line(document, line, budget.suffix_characters)
    head, tail = document.lines[line][:column], document.lines[line][column:]
    prefix = "".join((*document.lines[first:line], _from_anchor(head, budget.prefix_characters)))
    suffix = "".join((tail, *document.lines[line + 1 : end]))
    return CompletionContext(prefix, suffix[: budget.suffix_characters])


def plan(document: Document, offset: int, characters: int, *, with_suffix: bool) -> Shares:
    """Share the characters of a prompt out among the text around an offset and what may be gathered for it."""
    before, after = _needs(document, offset, characters, with_suffix=with_suffix)
    return share_out(characters, Shares(before, after, _PLENTY, _PLENTY))


def text_around(document: Document, offset: int, characters: int, *, with_suffix: bool) -> CompletionContext:
    """Give the text before and after an offset when so many characters are left for both."""
    before, after = _needs(document, offset, characters, with_suffix=with_suffix)
    shares = share_out(characters, Shares(before, after, 0, 0))
    return gather_for_completion(document, offset, Budget(shares.prefix, shares.suffix))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What there is to gather from: the project, what was done lately, the documents that are open, and what the
    imports of the document were resolved to."""

    project: Project
    recent: Recent
    opened: Sequence[str] = ()
    targets: Sequence[Target] = ()


def imports_of(document: Document) -> list[Import]:
    """Give what the beginning of a document imports; it is parsed alone, so this is quick in a file of any length."""
    head = Document(document.uri, document.language_id, document.version, document.lines[:_IMPORT_LINES])
    return parse(head).imports()


def gather_snippets(
    document: Document,
    offset: int,
    window: Span,
    imports: Sequence[Import],
    around: Surroundings,
    characters: int,
    late: Callable[[], bool],
) -> list[Snippet]:
    """Give what helps to go on at an offset, within a number of characters, what stays put longest first.

    `window` is the span of the document that is shown anyway. When `late` says so, what is ready is given.
    """
    line, _ = document.line_column(offset)
    edits = list(around.recent.edits(document.uri, line))
    shares = share_out(characters, Shares(0, 0, characters, size_of(edits)))
    opened = frozenset(around.opened).union(around.recent.files())
    retrieval = Retrieval(Query.at(document, offset), around.project, imports, opened, late, around.targets)
    stable = list(stable_snippets(document, offset, window, retrieval, shares.stable, late))
    return stable + fit(edits, shares.volatile + shares.stable - size_of(stable))


def stable_snippets(
    document: Document,
    offset: int,
    window: Span,
    retrieval: Retrieval,
    characters: int,
    late: Callable[[], bool],
) -> Iterator[Snippet]:
    """Give what the project and the rest of the file have for an offset, one by one, until `late` says so.

    What changes seldom comes first: usage lists, the outline, definitions, similar code.
    """
    line, _ = document.line_column(offset)
    room = characters
    for share, source in (
        (_USAGE, retrieval.usage),
        (_OUTLINE, lambda most: outline(document, line, window, most)),
        (_DEFINITIONS, lambda _: retrieval.definitions()),
        (1.0, lambda _: retrieval.similar()),
    ):
        most = min(int(characters * share), room) if share < 1 else room
        for snippet in fit(_until(late, source(most)), most):
            room -= len(snippet.text)
            yield snippet


def verbatim_snippets(
    retrieval: Retrieval, project: Project, characters: int, late: Callable[[], bool]
) -> Iterator[Snippet]:
    """Give lines that begin like an offset's below those that stand above them, as in their files, the likeliest last.

    A small model learns little from a list of names, or from much code, yet goes on as a line just above does. So it
    gets these few lines, and the room that is left is for the text before the offset. Where there are none, as on an
    empty line, it gets the code that is most like the surroundings, and definitions in what is left of the room
    (`python -m tests.bench.exact_match` compares what it writes).
    """
    copied = fit(_until(late, _copied(retrieval)), characters)
    if copied:
        yield from reversed(copied)
        return
    alike = fit(_until(late, _verbatim(retrieval, project)), characters)
    yield from fit(_until(late, retrieval.definitions()), characters - size_of(alike))
    yield from reversed(alike)


def gather_around(document: Document, span: Span, characters: int) -> Span:
    """Give whole lines around a span, as many as fit into a number of characters, evenly on both sides."""
    first, _ = document.line_column(span.start)
    last, _ = document.line_column(span.end)
    room = characters - sum(map(len, document.lines[first : last + 1]))
    above, below = first, last
    while room > 0:
        before = len(document.lines[above - 1]) if above > 0 else None
        after = len(document.lines[below + 1]) if below + 1 < len(document.lines) else None
        take_above = before is not None and before <= room and (after is None or first - above <= below - last)
        if take_above and before is not None:
            above, room = above - 1, room - before
        elif after is not None and after <= room:
            below, room = below + 1, room - after
        else:
            break
    return Span(document.line_start(above), document.line_start(below) + len(document.lines[below]))


def _needs(document: Document, offset: int, most: int, *, with_suffix: bool) -> tuple[int, int]:
    """Give how many characters stand before and after an offset, in steps, and no more than are asked for."""
    line, column = document.line_column(offset)
    before = min(offset, most)
    after = len(document.lines[line]) - column
    end = line + 1
    while after < most and end < len(document.lines):
        after += len(document.lines[end])
        end += 1
    steps = [(need // _STEP_CHARACTERS + 1) * _STEP_CHARACTERS for need in (before, min(after, most))]
    return steps[0], steps[1] if with_suffix else 0


def _anchor_line(document: Document, line: int, room: int) -> int:
    """Find the anchored line from which everything up to `line` fits; `line` itself when nothing does."""
    first = line
    while first > 0 and (room := room - len(document.lines[first - 1])) >= 0:
        first -= 1
    anchored = -(-first // ANCHOR_LINES) * ANCHOR_LINES
    return anchored if anchored <= line else first


def _last_line(document: Document, line: int, room: int) -> int:
    end = line + 1
    while end < len(document.lines) and (room := room - len(document.lines[end])) >= 0:
        end += 1
    return end


def _from_anchor(head: str, room: int) -> str:
    if len(head) <= room:
        return head
    start = -(-(len(head) - room) // _ANCHOR_CHARACTERS) * _ANCHOR_CHARACTERS
    return head[min(start, len(head) - room // 2) :]


def _until(late: Callable[[], bool], snippets: Iterable[Snippet]) -> Iterator[Snippet]:
    return takewhile(lambda _: not late(), snippets)


def _copied(retrieval: Retrieval) -> Iterator[Snippet]:
    line, _ = retrieval.query.document.line_column(retrieval.query.offset)
    elsewhere = (
        copy
        for copy in retrieval.copies
        if copy.uri != retrieval.query.uri or not line - _SHOWN_LINES <= copy.at <= line
    )
    for copy in islice(elsewhere, _MOST_COPIES):
        first = max(0, copy.at - _COPIED_ABOVE)
        lines = copy.lines[first : copy.at + 1]
        start = copy.start + sum(map(len, copy.lines[:first]))
        span = Span(start, start + sum(map(len, lines)))
        yield Snippet(copy.uri, span, _closed(lines), "similar", copy.confidence)


def _verbatim(retrieval: Retrieval, project: Project) -> Iterator[Snippet]:
    for window in retrieval.windows:
        span, lines = project.lines(window, _VERBATIM_LINES)
        if text := _closed(lines):
            yield Snippet(project.uri(window.file.path), span, text, "similar", window.score)


def _closed(lines: Iterable[str]) -> str:
    """Give lines that are not blank as one text, which ends with a line feed."""
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines if line.strip())


def outline(document: Document, line: int, window: Span, characters: int) -> Iterator[Snippet]:
    """Give the headers of what the document defines outside of the window, those nearest to a line that fit."""
    last = len(document.lines) - 1
    if characters <= 0 or window.contains(Span(0, document.line_start(last) + len(document.lines[last]))):
        return
    first, _ = document.line_column(window.start)
    end, _ = document.line_column(window.end)
    found = [
        at
        for at, text in enumerate(document.lines)
        if not text.startswith(_NOT_OUTLINED) and _DEFINITION.match(text) and not first <= at < end
    ]
    nearest: list[tuple[int, str]] = []
    for at in sorted(found, key=lambda at: abs(at - line)):
        text = document.lines[at]
        shown = text[: len(text) - len(text.lstrip())] + header(document.lines, at) + "\n"
        if len(shown) > characters:
            break
        characters -= len(shown)
        nearest.append((at, shown))
    if nearest:
        nearest.sort()
        yield Snippet(document.uri, Span(0, 0), "".join(shown for _, shown in nearest), "outline", 1.0)
