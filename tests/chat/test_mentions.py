"""Mentions: what a person means by `@`, and all that is no mention."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.chat.attachment import Lines
from lsp_server.chat.mentions import Mention, mentions_of


def found(text: str) -> list[tuple[str, str, str]]:
    """Give what is replaced, the form and the value of each mention, with lines as `value:first-last`."""
    return [(text[each.start : each.end], each.form, _value(each)) for each in mentions_of(text)]


def _value(mention: Mention) -> str:
    return mention.value + (f":{mention.lines.first}-{mention.lines.last}" if mention.lines else "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@a.py", [("@a.py", "path", "a.py")]),
        ("Why does @src/a.py:10-20 fail?", [("@src/a.py:10-20", "path", "src/a.py:10-20")]),
        ("@a.py:7, please", [("@a.py:7", "path", "a.py:7-7")]),
        ("@file:a.py#L3-L9", [("@file:a.py#L3-L9", "file", "a.py:3-9")]),
        (
            '@file:"a b.py" and @"c d.py:4"',
            [('@file:"a b.py"', "file", "a b.py"), ('@"c d.py:4"', "path", "c d.py:4-4")],
        ),
        ("@a.py:0", [("@a.py:0", "path", "a.py:0")]),
        ("@symbol:Cache.get.", [("@symbol:Cache.get", "symbol", "Cache.get")]),
        ("@folder:src/, @inner/", [("@folder:src/", "folder", "src/"), ("@inner/", "path", "inner/")]),
        ("Review (@diff), @staged!", [("@diff", "diff", ""), ("@staged", "staged", "")]),
        ("@problems in @problems:a.py?", [("@problems", "problems", ""), ("@problems:a.py", "problems", "a.py")]),
        (
            '@search:"cache key" @search:door',
            [('@search:"cache key"', "search", "cache key"), ("@search:door", "search", "door")],
        ),
        ("@map\nHow is it built?", [("@map", "map", "")]),
        ("@différence/été.py", [("@différence/été.py", "path", "différence/été.py")]),
    ],
)
def test_a_mention_is_found(text: str, expected: list[tuple[str, str, str]]) -> None:
    """Its end is that of the name, not of the sentence."""
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Write to me@a.py or first.last@example.org",
        "@",
        "@ a.py",
        '@""',
        "@...",
        "git show HEAD@{1}",
        "@@ -1 +1 @@",
        "Call `@diff` or ``@a.py``.",
        "```python\n@diff\n```",
        "~~~\n@a.py\n~~~",
        "```\n@diff of a fence that never ends",
        "@dataclass\nclass A: ...",
        "  @app.route('/')\n  @login\n  async def f(): ...",
        "@Override\npublic void run() {}",
    ],
)
def test_what_only_looks_like_one_is_plain_text(text: str) -> None:
    """Addresses, code in fences and backticks, decorators above definitions."""
    assert found(text) == []


def test_words_around_code_are_read() -> None:
    """Code hides only what is in it, and every offset is that of the whole text."""
    text = "Is `@a` in\n```\n@b\n```\nthe same as @c.py?"
    assert found(text) == [("@c.py", "path", "c.py")]


@given(st.text(alphabet="@:/.\"'`~#L-0123ab \n(){}[]diffmap", max_size=80))
def test_mentions_stand_in_the_text_in_order(text: str) -> None:
    """Whatever is typed, mentions do not overlap, begin with `@` and name something."""
    end = 0
    for mention in mentions_of(text):
        assert end <= mention.start < mention.end <= len(text)
        assert text[mention.start] == "@"
        assert mention.value.strip() or mention.form in ("diff", "staged", "problems", "map")
        assert mention.lines is None or 0 < mention.lines.first <= mention.lines.last
        end = mention.end


@given(st.text(alphabet=st.characters(exclude_characters="@"), max_size=60))
def test_a_text_without_the_sign_has_no_mention(text: str) -> None:
    """Nothing else makes one."""
    assert found(text) == []


@given(st.lists(st.sampled_from(["@a.py", "@diff", "@symbol:A", "@b/c.py:3-4"]), min_size=1, max_size=5))
def test_every_mention_among_words_is_found(mentions: list[str]) -> None:
    """However many there are."""
    text = f"Compare {' with '.join(mentions)}, please."
    assert [text[each.start : each.end] for each in mentions_of(text)] == mentions


def test_lines_count_from_one() -> None:
    """The first line is 1, and a range never ends before it begins."""
    (mention,) = mentions_of("@a.py:9-3")
    assert mention.lines == Lines(9, 9)
