"""Which lines of a document are enough to parse what is around a place.

The lines near it, and of those further away only what holds them: the headers above, each indented less than the one
below it, and the closing lines beneath. So a place in a class of 10,000 lines costs what one in a small file does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from context.languages import LANGUAGES
from context.text import Document
from lsp_server.completion.brackets import CLOSERS, unclosed
from lsp_server.completion.lines import goes_with_above, is_closing, is_deep, tells_depth, width_of

# 80 lines above and 40 below are parsed in half a millisecond.
_NEAR_ABOVE, _NEAR_BELOW = 80, 40

# Lines that are looked through for headers and closing lines.
_REACH = 2_000

# Lines of the longest header that is read: parameters, a line each.
_HEADER_LINES = 20

# Without a first line of this kind, the rest is text.
_PREAMBLE = "<?"

_LONG_QUOTES = ('"""', "'''")


def around(document: Document, offset: int) -> tuple[str, str]:
    """Give what is before and after an offset, without what is far away and does not matter."""
    line, column = document.line_column(offset)
    column = min(column, len(document.content(line)))
    lines = document.lines
    first, last = _first_near(lines, line), _last_near(lines, line)
    before = [*_headers(lines, first), *lines[first:line], lines[line][:column]]
    after = [lines[line][column:], *lines[line + 1 : last], *_closing_lines(lines, last)]
    if first and lines[0].startswith(_PREAMBLE):
        before.insert(0, lines[0])
    return _mended("".join(before), "".join(after), document.language_id)


def _first_near(lines: Sequence[str], line: int) -> int:
    """Give the first of the near lines: the least indented one, since a window that opens within a block misleads."""
    furthest, nearest = max(0, line - _NEAR_ABOVE), max(0, line - _NEAR_ABOVE // 2)
    return _shallowest(lines, range(furthest, nearest), default=nearest)


def _last_near(lines: Sequence[str], line: int) -> int:
    """Give the line behind the near ones, the least indented one, since what begins there is complete without it."""
    nearest, furthest = line + 1 + _NEAR_BELOW // 2, min(line + 1 + _NEAR_BELOW, len(lines))
    return _shallowest(lines, range(nearest, furthest), default=furthest)


def _shallowest(lines: Sequence[str], among: range, *, default: int) -> int:
    telling = [at for at in among if tells_depth(lines[at])]
    return min(telling, key=lambda at: (goes_with_above(lines[at]), width_of(lines[at])), default=default)


def _headers(lines: Sequence[str], first: int) -> list[str]:
    """Give the lines above that hold the first one, each indented less than the next.

    One that goes with a line above it, such as `} else {`, has that at its own level. One that only closes something
    holds nothing: what is indented more stands there by mistake.
    """
    found: list[str] = []
    limit, end = width_of(lines[first]) if first < len(lines) else 0, first
    for at in range(first - 1, max(-1, first - _REACH), -1):
        if limit <= 0:
            break
        line = lines[at]
        if is_deep(line, limit) or not tells_depth(line) or width_of(line) >= limit:
            continue
        only_closes = is_closing(line) and not unclosed(line)
        limit = width_of(line) + (not only_closes and goes_with_above(line))
        if not only_closes:
            found.append(_whole_header(lines, at, end))
            end = at
    return found[::-1]


def _whole_header(lines: Sequence[str], at: int, end: int) -> str:
    """Give a header with the lines below that its round brackets go on to."""
    header = lines[at]
    for line in lines[at + 1 : min(end, at + _HEADER_LINES)]:
        if unclosed(header)[:1] != (")",):
            break
        header += line
    return header


def _closing_lines(lines: Sequence[str], last: int) -> Iterator[str]:
    """Give the lines beneath that close what holds the last one, each indented less than the one before.

    One that opens again, such as `} else {`, is closed at its own level. What stands between, and opens nothing, may
    be a label, and then the end of its block is at the same level, too.
    """
    above = next((lines[at] for at in range(last - 1, -1, -1) if tells_depth(lines[at])), "")
    limit = width_of(above) + bool(unclosed(above))
    for line in lines[last : last + _REACH]:
        if limit <= 0:
            return
        if is_deep(line, limit) or not tells_depth(line) or width_of(line) >= limit:
            continue
        closes, opens = is_closing(line), bool(unclosed(line))
        limit = width_of(line) + (opens if closes else not opens)
        if closes:
            yield line


def _mended(before: str, after: str, language_id: str) -> tuple[str, str]:
    """Open what the lines begin in the middle of, and close what they end in: a comment or a long string."""
    row = LANGUAGES.get(language_id)
    opener, closer = row.block_comment if row else ("", "")
    if opener and closer[0] not in CLOSERS:
        ends = re.search(rf"^[ \t]*{re.escape(closer)}|{re.escape(closer)}[ \t]*$", before, re.MULTILINE)
        if ends and opener not in before[: ends.end()]:
            before = f"{opener}\n{before}"
        begins = [found.start() for found in re.finditer(rf"^[ \t]*{re.escape(opener)}", after, re.MULTILINE)]
        if begins and closer not in after[begins[-1] :]:
            after = f"{after}\n{closer}\n"
    for quotes in _LONG_QUOTES:
        inside, beneath = (len(re.findall(rf"(?<![@$]){quotes}", text)) % 2 for text in (before, after))
        if inside and not beneath:
            before = f"{quotes}\n{before}"
        elif beneath and not inside:
            after = f"{after}\n{quotes}\n"
    return before, after
