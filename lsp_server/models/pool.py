"""Several servers that are alike: which of them takes the next request. Decisions only; nothing here waits.

A document's prompts go to the same server for as long as it is well and not much busier than the others, since that
one has read their beginning already and need not read it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import blake2b

from cachetools import LRUCache

from lsp_server.models.messages import ChatRequest, Endpoint, ModelRequest

# How many more requests than the least busy server one may have and still keep a document: a prompt that is read
# anew costs more than to wait for one answer, and less than to wait for two.
_PATIENCE = 1
_DOCUMENTS = 1_000
_HEAD_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Pool(Endpoint):
    """An endpoint that is served at several addresses alike; `base_url` is the first of `base_urls`."""

    base_urls: tuple[str, ...] = ()

    @staticmethod
    def of(endpoint: Endpoint, base_urls: tuple[str, ...]) -> Pool:
        """Give the pool of these addresses that is otherwise like `endpoint`."""
        shared = {each.name: getattr(endpoint, each.name) for each in fields(Endpoint)}
        return Pool(**shared, base_urls=base_urls)


def members(endpoint: Endpoint) -> tuple[Endpoint, ...]:
    """Give the endpoint of each address; of one that is no pool itself."""
    if not isinstance(endpoint, Pool):
        return (endpoint,)
    shared = {each.name: getattr(endpoint, each.name) for each in fields(Endpoint)}
    return tuple(replace(Endpoint(**shared), base_url=url) for url in endpoint.base_urls)


def document_key(request: ModelRequest) -> str:
    """Give what the prompts of a document or conversation have in common: a digest of how they begin."""
    if isinstance(request, ChatRequest):
        head = request.cache_key or "\n".join(message.text[:_HEAD_CHARACTERS] for message in request.messages[:2])
    else:
        head = request.prefix[:_HEAD_CHARACTERS]
    return blake2b(head.encode("utf-8", "replace"), digest_size=8).hexdigest()


class Balancer:
    """Knows how busy each address is, and which of them a document was sent to last."""

    def __init__(self) -> None:
        self._busy: Counter[str] = Counter()
        self._last: LRUCache[str, str] = LRUCache(_DOCUMENTS)

    def order(self, urls: Sequence[str], key: str, rest_s: Callable[[str], float]) -> list[str]:
        """Give the addresses in the order in which to try them.

        Those that rest (`rest_s` above 0) come last, the one with the shortest rest first: when none is well, somebody
        has to find out. Of the others the document's own comes first unless it is too busy, then the least busy.
        """
        well = [url for url in urls if not rest_s(url)]
        resting = sorted((url for url in urls if url not in well), key=rest_s)
        least = min((self._busy[url] for url in well), default=0)
        own = self._last.get(key)

        def rank(url: str) -> tuple[bool, int]:
            return (url != own or self._busy[url] > least + _PATIENCE, self._busy[url])

        return sorted(well, key=rank) + resting

    def started(self, url: str, key: str) -> None:
        """Learn that an address has got a request of this document."""
        self._busy[url] += 1
        self._last[key] = url

    def ended(self, url: str) -> None:
        """Learn that a request is over, however it ended."""
        self._busy[url] -= 1
        if not self._busy[url]:
            del self._busy[url]

    def busy(self, url: str) -> int:
        """Give how many requests an address has right now."""
        return self._busy[url]
