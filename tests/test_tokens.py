"""Token estimates: near the truth for every language and tokenizer, and nearer once an endpoint has reported."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from context.text import Document
from context.tokens import FAMILIES, Calibration, estimate

SAMPLES = Path(__file__).parent / "languages" / "samples"

# The characters of each sample, and the tokens that three real tokenizers make of it: that of the embedded model
# (SmolLM2), of Qwen2.5 and of DeepSeek-V3. Weights were fitted to other files.
COUNTED = {
    "Ledger.java": (1709, 445, 351, 381),
    "Mailer.cs": (1460, 410, 328, 351),
    "Orders.scala": (1341, 419, 338, 357),
    "Panel.tsx": (1126, 373, 294, 306),
    "Router.php": (1520, 461, 375, 391),
    "Timer.kt": (1432, 438, 345, 370),
    "Weather.swift": (1755, 480, 429, 443),
    "backup.sh": (827, 326, 277, 293),
    "cache.rs": (1597, 566, 439, 465),
    "cart.js": (1456, 487, 393, 408),
    "deploy.yaml": (518, 161, 157, 162),
    "garden.css": (564, 231, 190, 190),
    "garden.rb": (1136, 333, 316, 324),
    "graph.cpp": (1553, 501, 399, 404),
    "guide.md": (378, 136, 115, 112),
    "package.json": (380, 147, 145, 145),
    "page.html": (821, 303, 269, 273),
    "project.toml": (354, 160, 142, 132),
    "queue.go": (1209, 474, 358, 371),
    "ring.c": (1248, 448, 356, 365),
    "shapes.pyw": (1625, 457, 411, 433),
    "stack.lua": (945, 290, 258, 265),
    "store.ts": (1715, 534, 420, 443),
}


def errors(family: str) -> list[float]:
    """Give by which share the estimate of each sample is off."""
    column = 1 + list(FAMILIES).index(family)
    texts = {name: (SAMPLES / name).read_text("utf-8") for name in COUNTED}
    # A sample that was edited since it was counted says nothing.
    unchanged = [name for name, text in texts.items() if len(text) == COUNTED[name][0]]
    assert len(unchanged) > len(COUNTED) // 2, "count the samples anew"
    return [abs(estimate(texts[name], family) / COUNTED[name][column] - 1) for name in unchanged]


@pytest.mark.parametrize("family", FAMILIES)
def test_an_estimate_is_off_by_less_than_a_tenth(family: str) -> None:
    """On average over the samples of all languages, and by no more than an eighth in any of them."""
    assert mean(errors(family)) < 0.06
    assert max(errors(family)) < 0.125


@given(st.text())
def test_any_text_has_an_estimate(text: str) -> None:
    """It is never negative, and nothing is estimated for nothing."""
    assert estimate(text) >= 0
    assert estimate("") == 0


def test_what_an_endpoint_reports_puts_the_estimate_right() -> None:
    """After some answers the estimate is what they said, for that endpoint and language alone."""
    calibration, text = Calibration(), "value = compute(1)\n" * 100
    plain = estimate(text)
    for _ in range(30):
        calibration.learn("work/coder", "python", plain, int(plain * 1.3))
    assert calibration.tokens(text, "work/coder", "python", "large") == pytest.approx(plain * 1.3, rel=0.05)
    assert calibration.factor("work/coder", "go") == calibration.factor("other", "python") == 1.0


def test_nonsense_is_believed_in_part_only() -> None:
    """A server that counts wrongly, or has cut the prompt, does not make the window tiny or endless."""
    calibration = Calibration()
    calibration.learn("a", "python", 1_000, 1_000_000)
    calibration.learn("b", "python", 1_000, 120)
    calibration.learn("c", "python", 1_000, 3)
    assert calibration.factor("a", "python") == 1.5
    assert calibration.factor("b", "python") == 0.67
    assert calibration.factor("c", "python") == 1.0


def test_small_corrections_do_not_move_the_window() -> None:
    """Reports that differ by little from key to key leave the size of a prompt as it is."""
    calibration = Calibration()
    document = Document.of("file:///a.py", "python", 1, "value = compute(1)\n" * 500)
    calibration.learn("a", "python", 1_000, 1_200)
    before = calibration.characters_per_token(document, 100, "a", "large")
    for reported in (1_180, 1_230, 1_190, 1_215):
        calibration.learn("a", "python", 1_000, reported)
        assert calibration.characters_per_token(document, 101, "a", "large") == before
