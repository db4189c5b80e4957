"""Addresses: URIs of what can go along with a question, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.chat.address import Address, address_of, lines_of
from lsp_server.chat.attachment import Lines
from lsp_server.errors import AssistantError


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("file:///p/a%20b.py", Address("file", "file:///p/a%20b.py")),
        ("file:///p/a.py#L3-L9", Address("file", "file:///p/a.py", Lines(3, 9))),
        ("untitled:Untitled-1", Address("file", "untitled:Untitled-1")),
        ("antiphon:symbol/Cache.get", Address("symbol", "Cache.get")),
        ("antiphon:symbol/operator%2F", Address("symbol", "operator/")),
        ("antiphon:outline?uri=file:///p/src", Address("outline", "file:///p/src")),
        ("antiphon:outline", Address("outline")),
        ("antiphon:diagnostics?uri=file%3A%2F%2F%2Fp%2Fa.py", Address("diagnostics", "file:///p/a.py")),
        ("antiphon:diff", Address("diff")),
        ("antiphon:diff/staged", Address("staged")),
        ("antiphon:search?q=cache+key", Address("search", "cache key")),
        ("antiphon:map", Address("map")),
    ],
)
def test_an_address_is_read(uri: str, address: Address) -> None:
    """What is not of our scheme is a file of whatever scheme."""
    assert address_of(uri) == address


@pytest.mark.parametrize(
    ("fragment", "lines"),
    [
        ("L2", Lines(2, 2)),
        ("L2-L3", Lines(2, 3)),
        ("L2-3", Lines(2, 3)),
        ("L2:3", Lines(2, 3)),
        ("L3-L1", Lines(3, 3)),
        ("L0", None),
        ("section", None),
        ("L" + "9" * 5000, None),
        ("", None),
    ],
)
def test_a_fragment_names_lines(fragment: str, lines: Lines | None) -> None:
    """Lines count from 1, both included; what is no such fragment names none."""
    assert lines_of(fragment) == lines


@pytest.mark.parametrize(
    "uri", ["antiphon:", "antiphon:door", "antiphon:symbol/", "antiphon:search", "antiphon:search?q="]
)
def test_what_means_nothing_is_refused(uri: str) -> None:
    """The person is told what to change."""
    with pytest.raises(AssistantError):
        address_of(uri)


@given(
    st.one_of(
        st.builds(Address, st.sampled_from(["outline", "diagnostics"]), st.text(max_size=20).map("file:///".__add__)),
        st.builds(Address, st.just("symbol"), st.text(min_size=1, max_size=20)),
        st.builds(Address, st.just("search"), st.text(min_size=1, max_size=20).filter(str.strip)),
        st.builds(Address, st.sampled_from(["diff", "staged", "map", "outline", "diagnostics"])),
        st.builds(
            lambda first, more: Address("file", "file:///p/a.py", Lines(first, first + more)),
            st.integers(1, 10**6),
            st.integers(0, 10**6),
        ),
    )
)
def test_an_address_survives_as_a_uri(address: Address) -> None:
    """A conversation keeps URIs only, and asks for the same thing by them."""
    assert address_of(address.uri) == address
