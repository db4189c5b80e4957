"""Every prompt text, a Markdown file each, with an id and a version.

A file begins with its front matter (`id`, `version`) between two lines of `---`; the rest is the text, in which
`$name` stands for a value (`string.Template`). Whoever changes a text raises its version: an answer can then be
traced to the very words that led to it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template

_FILE = re.compile(r"---\nid: (?P<id>[a-z-]+)\nversion: (?P<version>[1-9][0-9]*)\n---\n(?P<text>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. `sha256` is the hexadecimal digest of `text` in UTF-8."""

    id: str
    version: int
    text: str
    sha256: str


@cache
def load(prompt_id: str) -> Prompt:
    """Give the prompt with this id. Raises KeyError when there is none, ValueError when its file is malformed."""
    path = resources.files(__name__).joinpath(f"{prompt_id}.md")
    if not path.is_file():
        raise KeyError(f"there is no prompt {prompt_id!r}")
    match = _FILE.fullmatch(path.read_text("utf-8"))
    if match is None or match["id"] != prompt_id:
        raise ValueError(f"the prompt {prompt_id!r} must begin with its id and version between two lines of ---")
    text = match["text"].strip()
    return Prompt(prompt_id, int(match["version"]), text, hashlib.sha256(text.encode()).hexdigest())


def fill(prompt: Prompt, **values: str) -> str:
    """Give the text with each `$name` replaced.

    Raises ValueError when a value is missing, or when one is given that the text does not ask for: either means
    that text and code no longer speak of the same prompt.
    """
    template = Template(prompt.text)
    asked = set(template.get_identifiers())
    if asked != values.keys():
        raise ValueError(f"the prompt {prompt.id!r} asks for {sorted(asked)}, but was given {sorted(values)}")
    return template.substitute(values)
