"""The answer to `initialize`: the client's encoding, and what the server can do, whatever was sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.actions import ACTIONS
from lsp_server.handshake import CODE_ACTION_KINDS, COMMANDS, encoding_for, initialize_result

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda v: st.lists(v, max_size=3)
)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["utf-8", "utf-16"], "utf-8"),
        (["utf-32", "utf-8"], "utf-32"),
        (["utf-16"], "utf-16"),
        (["ebcdic", "utf-8"], "utf-8"),
        ([], "utf-16"),
        (None, "utf-16"),
        ("utf-8", "utf-16"),
    ],
)
def test_the_client_s_first_known_encoding_is_taken(offered: object, chosen: str) -> None:
    """UTF-16 when it names none that is known, as the specification says."""
    params = {"capabilities": {"general": {"positionEncodings": offered}}}
    assert encoding_for(params) == chosen


@given(values | st.dictionaries(st.sampled_from(["capabilities", "general"]), values))
def test_any_params_get_an_answer(params: object) -> None:
    """A client that sends nonsense is still told what there is."""
    result = initialize_result(params, "1.0")
    assert result["capabilities"]["inlineCompletionProvider"]
    assert result["serverInfo"] == {"name": "antiphon", "version": "1.0"}


def test_what_is_announced_is_what_the_table_of_actions_has() -> None:
    """Commands and kinds stand in two places, because the answer must not load the table."""
    assert {action.kind for action in ACTIONS} == set(CODE_ACTION_KINDS)
    assert {action.command for action in ACTIONS} | {"antiphon.completion.accepted"} == set(COMMANDS)
