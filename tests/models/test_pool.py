"""Which of several servers that are alike takes the next request."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lsp_server.models.messages import ChatRequest, Endpoint, FimRequest, Message
from lsp_server.models.pool import Balancer, Pool, document_key, members

A, B, C = URLS = ["http://a", "http://b", "http://c"]


def well(_: str) -> float:
    """Let nobody rest."""
    return 0.0


def test_the_least_busy_takes_a_new_document() -> None:
    """Requests of different documents spread over all servers."""
    balancer, taken = Balancer(), []
    for document in range(6):
        url = balancer.order(URLS, str(document), well)[0]
        balancer.started(url, str(document))
        taken.append(url)
    assert taken == [A, B, C, A, B, C]


def test_a_document_stays_where_its_prompts_are_known() -> None:
    """Its next request goes where the last one went, even while that server has one request more than the others."""
    balancer = Balancer()
    balancer.started(B, "document")
    assert balancer.order(URLS, "document", well) == [B, A, C]
    balancer.started(B, "another")
    assert balancer.order(URLS, "document", well)[0] == A
    balancer.ended(B)
    assert balancer.order(URLS, "document", well)[0] == B


def test_who_rests_comes_last() -> None:
    """The document's own server, too; when all rest, the one that is back soonest is tried first."""
    balancer, rests = Balancer(), {A: 0.0, B: 9.0, C: 0.0}
    balancer.started(B, "document")
    balancer.ended(B)
    assert balancer.order(URLS, "document", rests.__getitem__) == [A, C, B]
    rests |= {A: 5.0, C: 7.0}
    assert balancer.order(URLS, "document", rests.__getitem__) == [A, C, B]


@given(st.lists(st.sampled_from(URLS)), st.lists(st.floats(0, 9), min_size=3, max_size=3), st.text())
def test_every_address_is_tried_once(started: list[str], rests: list[float], key: str) -> None:
    """Whoever is busy or rests: all addresses come, those that are well first."""
    balancer, rest = Balancer(), dict(zip(URLS, rests, strict=True))
    for url in started:
        balancer.started(url, "x")
    order = balancer.order(URLS, key, rest.__getitem__)
    assert sorted(order) == URLS
    states = [rest[url] > 0 for url in order]
    assert states == sorted(states)


class Routing(RuleBasedStateMachine):
    """Requests come and go in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.balancer = Balancer()
        self.running: list[str] = []

    @rule(key=st.sampled_from("defgh"))
    def starts(self, key: str) -> None:
        """A request goes to the first choice, which is never more than one above the least busy, plus itself."""
        url = self.balancer.order(URLS, key, well)[0]
        assert self.balancer.busy(url) <= min(map(self.balancer.busy, URLS)) + 1
        self.balancer.started(url, key)
        self.running.append(url)

    @rule(index=st.integers(0))
    def ends(self, index: int) -> None:
        """Any request ends."""
        if self.running:
            self.balancer.ended(self.running.pop(index % len(self.running)))

    @invariant()
    def counts(self) -> None:
        """What is counted is what runs, and no server has more than two requests above another."""
        assert [self.balancer.busy(url) for url in URLS] == [self.running.count(url) for url in URLS]


TestRouting = Routing.TestCase


def test_the_members_of_a_pool() -> None:
    """Each member is a plain endpoint; an endpoint that is no pool is its own only member."""
    endpoint = Endpoint("work", "openai", A, "m", "secret", {"x": "y"}, local=True, auth="api-key")
    assert members(endpoint) == (endpoint,)
    pool = Pool.of(endpoint, (A, B))
    assert members(pool)[0] == endpoint
    assert [member.base_url for member in members(pool)] == [A, B]
    assert type(members(pool)[1]) is Endpoint
    assert "secret" not in repr(pool)


def test_what_the_prompts_of_a_document_have_in_common() -> None:
    """A key further, or a turn further, the key of the document is the same; another document has another."""
    head = "import os\n" * 40
    assert document_key(FimRequest(head + "a", "x", 9)) == document_key(FimRequest(head + "ab", "y", 9))
    assert document_key(FimRequest("import re\n", None, 9)) != document_key(FimRequest("import os\n", None, 9))
    asked = (Message.of("system", "Be brief."), Message.of("user", "Why?"))
    further = (*asked, Message.of("assistant", "So."), Message.of("user", "And?"))
    assert document_key(ChatRequest(asked, 9)) == document_key(ChatRequest(further, 9))
    assert document_key(ChatRequest(asked, 9, cache_key="a")) != document_key(ChatRequest(asked, 9, cache_key="b"))
    assert document_key(FimRequest("\ud800", None, 9))
