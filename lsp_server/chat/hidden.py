"""Characters that a person cannot see and a model reads: found, counted, and taken out.

Text that is hidden so has been used to give orders to assistants: Unicode's tag characters spell whole sentences
without a trace on the screen, and bidirectional controls show code in another order than it is read
(https://www.unicode.org/reports/tr36/, CVE-2021-42574).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

# What belongs to writing: joiners and variation selectors shape letters and emoji, one at a time and never after ASCII,
# save the selector of keycaps. Tabs and line ends are no controls here.
_KINDS: Mapping[str, str] = {
    "tag characters": r"[\U000e0000-\U000e007f]",
    "bidirectional controls": r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]",
    "zero-width characters": r"(?<![^\x00-\x7f\u200b-\u200f\u2060-\u2064\ufeff])[\u200c\u200d]"
    r"|[\u200c\u200d](?![^\x00-\x7f])|[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065]"
    r"|[\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]",
    "variation selectors": r"(?<=[\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    r"|(?<![^\x00-\x7f])(?<![0-9#*])[\ufe00-\ufe0f\U000e0100-\U000e01ef]",
    "control characters": r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]",
    "unpaired surrogates": r"[\ud800-\udfff]",
}
_HIDDEN = re.compile("|".join(f"(?P<k{number}>{pattern})" for number, pattern in enumerate(_KINDS.values())))
_NAMES = tuple(_KINDS)


@dataclass(frozen=True, slots=True)
class Shown:
    """A text of which everything can be seen, and how many characters of which kind were taken out of it."""

    text: str
    hidden: Mapping[str, int] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """What was taken out, such as "12 tag characters"; "" for nothing."""
        return ", ".join(f"{count:,} {name}" for name, count in sorted(self.hidden.items()))


def shown(text: str) -> Shown:
    """Take out what cannot be seen, until nothing is left of it. A byte-order mark at the beginning is nothing odd."""
    counts: Counter[str] = Counter()
    text = text.removeprefix("\ufeff")

    def take(match: re.Match[str]) -> str:
        counts[_NAMES[int((match.lastgroup or "k0")[1:])]] += 1
        return ""

    while True:
        cleaned = _HIDDEN.sub(take, text)
        if cleaned == text:
            return Shown(text, dict(counts))
        text = cleaned


def marked(title: str, text: str) -> str:
    """Give a text as material under a title that says where it comes from, fenced so that it cannot end the fence."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{_one_line(title)}:\n{fence}\n{text.rstrip()}\n{fence}"


def _one_line(title: str) -> str:
    return " ".join(shown(title).text.split()).removesuffix(".")
