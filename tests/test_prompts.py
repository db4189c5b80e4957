"""Prompts: each has an id and a version, and no text changes without a new version."""

from __future__ import annotations

from importlib import resources

import pytest

from lsp_server.prompts import Prompt, fill, load

# A row is never changed: whoever changes a text raises its version and adds a row.
RELEASED = {
    ("chat", 1): "e79eb7c3f62287c3f569eee24db87bd0c259bda0cd6d77bdf97a8f257ef3dcf2",
    ("chat-tools", 1): "7e076ed9aacf9823926c5800e70b7fd0d4466d236f7404399c2570a2c26c2bf9",
    ("compact", 1): "e5b57dac1e180a5c419ae2cf70538b57300f23a90bbd60a67fe69f48d3e4d9cd",
    ("docstring", 1): "40ab840d60d6d1d51e357ca1d7ef4bdbec2bdf8bbfb858f622e270785ab00df9",
    ("docstring-repair", 1): "52e931f4a3e3ae1039d62c251c70bdabd4512f409b980d84cea624aae68b7570",
    ("explain", 1): "6c6644d5a03dc82a24bf4b6133c0d0db4c94251de088103fcc4097d817ad2738",
}

FILES = sorted(path.name for path in resources.files("lsp_server.prompts").iterdir() if path.name.endswith(".md"))


def test_there_are_prompts() -> None:
    """The texts are part of the package."""
    assert FILES == ["chat-tools.md", "chat.md", "compact.md", "docstring-repair.md", "docstring.md", "explain.md"]


@pytest.mark.parametrize("name", FILES)
def test_a_text_changes_only_with_its_version(name: str) -> None:
    """The hash of a version stays what it was when the version was released."""
    prompt = load(name.removesuffix(".md"))
    assert RELEASED.get((prompt.id, prompt.version)) == prompt.sha256, "raise the version, and add a row to RELEASED"


@pytest.mark.parametrize("name", FILES)
def test_a_prompt_is_short(name: str) -> None:
    """A window of 4,096 tokens belongs to the person's code."""
    assert len(load(name.removesuffix(".md")).text) < 600


def test_values_are_filled_in() -> None:
    """Each `$name` is replaced, and a value is never read as a template."""
    assert fill(prompt_of("Say $what to $whom."), what="$whom", whom="me") == "Say $whom to me."


def test_a_missing_value_is_an_error() -> None:
    """A prompt is never sent with a hole in it."""
    with pytest.raises(ValueError, match="asks for"):
        fill(prompt_of("Say $what to $whom."), what="hello")


def test_a_value_without_a_place_is_an_error() -> None:
    """A text that no longer asks for a value is found out."""
    with pytest.raises(ValueError, match="was given"):
        fill(prompt_of("Say $what."), what="hello", whom="me")


def test_an_unknown_prompt_is_an_error() -> None:
    """A mistyped id does not become an empty prompt."""
    with pytest.raises(KeyError, match="no prompt 'chta'"):
        load("chta")


def prompt_of(text: str) -> Prompt:
    return Prompt("test", 1, text, "")
