"""Finds the text of a docstring in a model's reply, and judges whether it may stand in the code.

Large models answer with the text that was asked for. Small ones wrap it into quotes, fences, an echo of the code or
"Here is the docstring:", begin with "This function is used to", and do not stop when they are done. What is left after
all that must be a sentence about this code, and must name nothing that the code does not hold.
"""

from __future__ import annotations

import builtins
import inspect
import keyword
import re
import textwrap
from collections.abc import Iterable
from itertools import pairwise

from lsp_server.errors import EditRefused

_QUOTED = re.compile(r'"""(.*?)(?:"""|```|\Z)|\'\'\'(.*?)(?:\'\'\'|```|\Z)', re.DOTALL)
_FENCED = re.compile(r"^[ \t]*```[^\n]*\n?(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_LEAD_IN = re.compile(
    r"\A\s*(?:(?:sure|certainly|of course|ok|okay|here|the docstring)\b[^\n]*:[ \t]*(?:\n|\Z)"
    r"|(?:docstring|summary|answer):)\s*",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\s*(?:#|@\w|(?:async\s+)?def\s+\w+\s*\(|class\s+\w+\s*[(:]|import\s+\w|from\s+\S+\s+import\s"
    r"|(?:if|elif|else|for|while|with|try)\b.*:$|(?:return|raise|yield)\b|[\w.]+\s*=\s*\S)"
)
_SECTION = re.compile(
    r"(?:args|arguments|parameters|attributes|returns?|yields?|raises|notes?|examples?):?"
    r"|:(?:param|type|returns?|rtype|raises?|yields?)\b.*",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"(?:\s+\*{0,2}(?P<google>\w+)\s*(?:\([^)]*\))?:\s|:param\s+(?:\w+\s+)?(?P<sphinx>\w+):)")
_SENTENCE_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bvs)[.!?](?=[\"')*]*(?:\s|\Z))")
_NAMED = re.compile(r"`([^`\n]+)`|\b([\w.]+)\(\)|\b(\w+_\w+)\b")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")

_KIND = r"(?:[\w-]+\s+){0,3}?(?:function|method|class|code|generator|decorator|coroutine)"
# "Add two numbers" is what `add` does, and not the name with something said of it: "add gives …".
_SUBJECT = (
    rf"(?:(?:this|the)\s+(?:NAME\s+)?{_KIND}(?:,?\s+NAME)?,?|(?-i:NAME)(?=\s+\w+s\b)|this(?!\s+{_KIND})|it)\s+(?:in\s+Python\s+)?"
    rf"(?:is\s+(?:an?|the)\s+(?:{_KIND}\s+(?:that|which)|(?:[\w-]+\s+){{0,4}}way\s+to)\s+)?"
    r"(?:(?:is|are|can\s+be)\s+(?:used|designed|meant|intended|defined)\s+to\s+|will\s+)?"
    r"(?!(?:is|are|was|has|can|may|does|doesn't|should|must)\b)(?=[a-z])|(?:to|that)\s+(?=[a-z])"
)
# What a function takes stands in its header, and what it is called, too.
_SAYS_NOTHING = re.compile(
    r"Takes? .+ as (?:its |an? |the )?(?:inputs?|arguments?|parameters?)\."
    r"|(?:The|This|It)\b.* is (?:named|defined|called)\b.*"
)
_FEWEST_WORDS = 3


# So many words of the question in a row are no accident in a sentence about code.
_ECHO_WORDS = 5


def docstring_text(
    reply: str, name: str, code: str, known: frozenset[str], *, width: int, truncated: bool = False
) -> str:
    """Give the docstring's text that a reply holds, its lines no longer than `width` characters.

    That is the first good sentence, and the sections on arguments, results and the like. `known` are the identifiers
    the sentence may speak of. `truncated` tells that the model had no room to finish. Raises EditRefused with what is
    wrong when nothing usable is left.
    """
    paragraphs = _paragraphs(_unwrapped(reply).split("\n"))
    if truncated and len(paragraphs) > 1:
        paragraphs.pop()
    if not paragraphs or _is_section(paragraphs[0]):
        raise EditRefused("The model answered without a sentence.")
    sentences = _sentences(paragraphs[0], cut=truncated and len(paragraphs) == 1)
    summary = _first_good([_summary(sentence, name) for sentence in sentences], known | _KNOWN)
    sections = [p for p in paragraphs[1:] if _is_section(p) and _names_parameters(p, code)]
    return "\n\n".join("\n".join(_wrapped(lines, width)) for lines in [[summary], *sections])


def echoes(text: str, asked: str) -> bool:
    """Tell whether a text repeats what it was asked: small models do so with a reason that they are given."""
    return bool(_runs(text) & _runs(asked))


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + _ECHO_WORDS]) for i in range(len(words) - _ECHO_WORDS + 1)}


def _unwrapped(reply: str) -> str:
    """Take a reply out of what is wrapped around it: quotes, fences, an announcement."""
    text = reply.replace("\r\n", "\n")
    quoted = [double or single for double, single in _QUOTED.findall(text) if (double or single).strip()]
    outside = _LEAD_IN.sub("", _FENCED.sub("", text)).strip()
    inside = "\n".join(_FENCED.findall(text))
    text = inspect.cleandoc(quoted[0]) if quoted else outside or inside.strip()
    while len(text) > 1 and text[0] in "\"'`*_" and text[0] == text[-1] and text[0] not in text[1:-1].strip("*_"):
        text = text[1:-1].strip()
    return text


def _paragraphs(lines: Iterable[str]) -> list[list[str]]:
    """Group lines that are not code; an empty line ends a paragraph, and the head of a section begins one."""
    groups: list[list[str]] = [[]]
    for line in lines:
        if not line.strip() or _SECTION.fullmatch(line.strip()):
            groups.append([])
        if line.strip() and not _CODE.match(line):
            groups[-1].append(line.rstrip())
    return [group for group in groups if group]


def _summary(sentence: str, name: str) -> str:
    """Give a sentence that begins with what is done, not with "This function is used to", and ends with a stop."""
    subject = re.match(_SUBJECT.replace("NAME", rf"`?{re.escape(name)}(?:\(\))?`?"), sentence, re.IGNORECASE)
    said = sentence[subject.end() :] if subject else sentence
    said = said[:1].upper() + said[1:]
    return said if said.endswith((".", "!", "?")) else f"{said.rstrip(':;,')}."


def _sentences(lines: list[str], cut: bool) -> list[str]:
    """Split a paragraph into sentences, without the last one when it was cut."""
    text = " ".join(line.strip() for line in lines)
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    sentences = [text[start:end].strip() for start, end in pairwise(ends)]
    return [sentence for sentence in (sentences[:-1] if cut else sentences) if sentence]


def _first_good(sentences: list[str], known: frozenset[str]) -> str:
    """Give the first sentence without a fault; raise EditRefused with the first one's fault when all have one."""
    faults = [_fault(sentence, known) for sentence in sentences]
    if not faults:
        raise EditRefused("The model did not come to the end of its first sentence.")
    if "" not in faults:
        raise EditRefused(faults[0])
    return sentences[faults.index("")]


def _fault(summary: str, known: frozenset[str]) -> str:
    """Say what is wrong with a sentence as a summary; "" when nothing is."""
    unknown = sorted(_names(summary) - known)
    if unknown:
        return f"The model spoke of {unknown[0]}, which the file does not hold."
    # Only where words are set apart by spaces can they be counted.
    too_short = summary.isascii() and len(summary.split()) < _FEWEST_WORDS
    if too_short or _SAYS_NOTHING.fullmatch(summary):
        return "The model did not say what the code does."
    return ""


def _names(text: str) -> set[str]:
    """Give the identifiers that a text speaks of as code: in backticks, called, or with an underscore."""
    found = (match[1] or match[2] or match[3] for match in _NAMED.finditer(text))
    return {identifier for code in found for identifier in _IDENTIFIER.findall(code)}


def _is_section(paragraph: list[str]) -> bool:
    return bool(_SECTION.fullmatch(paragraph[0].strip()))


def _names_parameters(paragraph: list[str], code: str) -> bool:
    """Tell whether a section describes only parameters that the code has; true for what is no such section."""
    if not paragraph[0].lower().lstrip().startswith(("arg", "param", ":param")):
        return True
    entries = (match["google"] or match["sphinx"] for line in paragraph if (match := _ENTRY.match(line)))
    return set(entries) <= set(_IDENTIFIER.findall(code))


def _wrapped(lines: list[str], width: int) -> Iterable[str]:
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        below = indent + "    " if indent else ""
        yield from textwrap.wrap(line, width, subsequent_indent=below, break_long_words=False, break_on_hyphens=False)


_KNOWN = frozenset(dir(builtins)) | frozenset(keyword.kwlist) | {"self", "cls"}
