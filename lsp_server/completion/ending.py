"""Where an answer ends: with the statement that the cursor is in, or with the block, and never in the middle of one.

An answer is looked at line by line. It ends behind the first line with which the document parses, unless the line
below it still belongs to what was begun. So a line is enough for an assignment, a call goes on to its closing
bracket, and a header ends with its brace when the body stands there already, and with its body when not.

Where nothing can be parsed, brackets decide. An answer that never fits is cut before it leaves its block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from context.languages import LANGUAGES
from context.text import split_lines
from lsp_server.completion.brackets import CLOSERS, unbalanced, unclosed, unopened
from lsp_server.completion.excerpt import Excerpt
from lsp_server.completion.lines import CLAUSES, first_word, is_closing, width_of
from lsp_server.completion.place import Place

# A line of this kind says something about what comes below it: a decorator or an attribute.
_ABOUT = re.compile(r"\s*(?:@\w|#?\[.*\]\s*\Z)")

# Behind a statement that begins with one of these, a clause may follow on the next line.
_BRANCHES = frozenset({"if", "unless", "try", *CLAUSES})

# Behind these the only line of an answer cannot go on: no need to wait for the next one.
_SETTLED = (";", ",")


@dataclass(frozen=True, slots=True)
class Ending:
    """Finds the end of answers at one place, of which at most so many lines are wanted."""

    place: Place
    excerpt: Excerpt
    max_lines: int

    def of(self, text: str, *, final: bool) -> int | None:
        """Give the length of the part to keep; None while more has to come. `final` when nothing will.

        Once it is not None, it stays the same whatever comes behind the text.
        """
        lines = split_lines(text)
        base = self._base(text)
        run = self._wants_run(base)
        size = 0
        for number, line in enumerate(lines):
            if number >= self.max_lines:
                return self._fallback(lines[:number])
            if not final and not _is_whole(line):
                return None
            if number and (self._repeats(line) or self._leaves(text[:size], line, base)):
                return self._fallback(lines[:number])
            size += len(line)
            kept = text[:size]
            below = self._line_below(lines, number, base, final)
            if not kept.strip():
                if self._was_complete(below, base):
                    return 0
                continue
            if number and line.strip() and width_of(line) < base:
                base, run = width_of(line), False
            if unopened(self.place.head + kept, self.place.language_id):
                base = min(base, self.excerpt.header_width)
            settled = not run and self._is_settled(kept, base)
            if below is None and not settled:
                return None
            if (settled or not self._goes_on(line, below or "", base + (not run))) and self._fits(kept):
                return len(kept.rstrip())
        return self._fallback(lines) if final else None

    @property
    def _is_blank(self) -> bool:
        return not self.place.head.strip()

    def _wants_run(self, base: int) -> bool:
        """Tell whether a run of statements is wanted: on a blank line with which a block ends, or in an empty one."""
        below = self.place.below
        return self._is_blank and not (below and width_of(below[0]) >= base)

    def _base(self, text: str) -> int:
        if not self._is_blank:
            return width_of(self.place.indent)
        content = text.lstrip()
        return width_of(self.place.head + text[: len(text) - len(content)].rpartition("\n")[2] + "x")

    def _has_block(self, base: int) -> bool:
        """Tell whether the block that a header at the cursor would open stands below already."""
        return bool(self.place.below) and width_of(self.place.below[0]) > base

    def _line_below(self, lines: tuple[str, ...], number: int, base: int, final: bool) -> str | None:
        """Give the line below, "" for a blank one or none; None while too little of it has come.

        Within a body, the next line that is not blank counts: a body may have paragraphs.
        """
        line = lines[number] if number else self.place.head + lines[number]
        in_body = not self._has_block(base) and (width_of(line) > base or line.rstrip().endswith(":"))
        for below in lines[number + 1 :]:
            if final or _is_whole(below):
                if below.strip() or not in_body:
                    return below
                continue
            grows = any(clause.startswith(below.strip()) for clause in CLAUSES)  # also when nothing has come
            return None if grows else below
        return "" if final else None

    def _is_settled(self, kept: str, base: int) -> bool:
        """Tell whether an answer of one line has its end in it, so that the next one need not be waited for."""
        kept = kept.strip()
        if first_word(self.place.head + kept) in _BRANCHES and not kept.endswith("{"):
            return False
        return "\n" not in kept and (kept.endswith(_SETTLED) or (kept.endswith("{") and self._has_block(base)))

    def _goes_on(self, line: str, below: str, width: int) -> bool:
        """Tell whether the line below belongs to what was begun, even if that could end here.

        It does when it is indented by `width` at least, when it opens the block or begins a clause; and behind a
        comment, a decorator or an attribute, which is about something.
        """
        content = below.strip()
        if not content:
            return False
        if content[0] == "{" or first_word(content) in CLAUSES:
            return True
        if self._has_block(width - 1):
            return False
        row = LANGUAGES.get(self.place.language_id)
        is_comment = row is not None and row.comment != "" and line.lstrip().startswith(row.comment)
        if is_comment or _ABOUT.match(line):
            return not is_closing(below) and width_of(below) >= width - 1
        return width_of(below) >= width

    def _was_complete(self, below: str | None, base: int) -> bool:
        """Tell whether the statement was complete before the cursor, so that another one was not asked for."""
        begins_another = bool(below and below.strip()) and not self._goes_on(self.place.head, below or "", base + 1)
        return begins_another and self._fits("")

    def _repeats(self, line: str) -> bool:
        """Tell whether a line stands below the cursor already."""
        return (line.rstrip(),) == self.place.below[:1] and not is_closing(line)

    def _leaves(self, above: str, line: str, base: int) -> bool:
        """Tell whether a line belongs to another block: none that closes, or that is wanted to, is left."""
        if not line.strip() or width_of(line) >= base or is_closing(line):
            return False
        return not unclosed(above, self.place.language_id) and not self.excerpt.wanted

    def _fits(self, kept: str) -> bool:
        """Tell whether an answer can end so: the document parses, and where it never does, the brackets agree."""
        if self.excerpt.clean(kept):
            return True
        return (self.excerpt.sound(kept) or not self.excerpt.parses) and self._is_balanced(kept)

    def _is_balanced(self, kept: str) -> bool:
        """Tell whether the brackets of the cursor's line and an answer are closed, as far as the lines below do not."""
        place, language_id = self.place, self.place.language_id
        below = place.below[0] if place.below else ""
        missing = unclosed(place.head + kept + place.tail, language_id)
        if self._has_block(width_of(place.indent)):
            return len(missing) <= 1
        closed_below = unbalanced(below, language_id) if below.lstrip()[:1] in CLOSERS else 0
        return len(missing) <= closed_below

    def _fallback(self, lines: tuple[str, ...]) -> int:
        """Give the best end of an answer with which the document does not parse, within some whole lines.

        The last statement of a block that is too long, where syntax can tell; else an end at which the brackets agree,
        the last of a run of statements or the first of one; else a line.
        """
        ends = [*_ends(lines)]
        if self.excerpt.is_clean:
            closable = (kept for kept in reversed(ends) if self._is_closable(kept))
            if (kept := next(closable, None)) is not None:
                return len(kept)
        elif len(lines) >= self.max_lines:
            return len(ends[-1]) if ends else 0
        balanced = [kept for kept in ends if self._is_balanced(kept)] or ends[:1] or [""]
        base = self._base("".join(lines))
        if self._wants_run(base):
            inside = [
                kept
                for kept in balanced
                if all(width_of(line) >= base for line in split_lines(kept)[1:] if line.strip())
            ]
            return len((inside or balanced)[-1 if inside else 0])
        return len(balanced[0])

    def _is_closable(self, kept: str) -> bool:
        """Tell whether an answer ends between statements: the document parses when its open blocks are closed."""
        language_id = self.place.language_id
        if unclosed(kept.rpartition("\n")[2], language_id):
            return False
        closers = {(), unclosed(kept, language_id), unclosed(self.place.head + kept, language_id)}
        return any(self.excerpt.sound(f"{kept}\n{''.join(each)}") for each in closers)


def _ends(lines: tuple[str, ...]) -> Iterator[str]:
    """Give the text up to the end of each line that is not blank."""
    text = ""
    for line in lines:
        text += line
        if line.strip():
            yield text.rstrip()


def _is_whole(line: str) -> bool:
    # A "\r" at the end may be half of an end of line, which makes no difference to what stands before it.
    return line.endswith(("\n", "\r"))
