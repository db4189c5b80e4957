"""PageRank by power iteration: where somebody ends up who follows references at random.

Page, Brin, Motwani and Winograd, "The PageRank citation ranking" (1999), §6 for the personalised form: with the
probability 1 - `damping` the walk begins anew, at a node by its share of `start`.
"""

from __future__ import annotations

from collections.abc import Mapping

# The sum of all ranks is 1, so this is a difference that no order depends on.
_TOLERANCE = 1e-7
_MOST_ROUNDS = 100


def page_rank(
    edges: Mapping[str, Mapping[str, float]], start: Mapping[str, float], damping: float = 0.85
) -> dict[str, float]:
    """Give the rank of every node; the ranks sum to 1.

    `edges[a][b]` is the weight of the reference from `a` to `b`. `start` holds every node, with what it weighs as a
    place to begin; all zeros count as all equal. A node without references sends the walk back to its beginning.
    """
    if not start:
        return {}
    total = sum(start.values())
    begin = {node: (weight / total if total else 1 / len(start)) for node, weight in start.items()}
    sums = {node: sum(targets.values()) for node, targets in edges.items()}
    ranks = dict(begin)
    for _ in range(_MOST_ROUNDS):
        lost = sum(rank for node, rank in ranks.items() if not sums.get(node))
        after = {node: (1 - damping + damping * lost) * share for node, share in begin.items()}
        for node, targets in edges.items():
            if sums[node]:
                flow = damping * ranks[node] / sums[node]
                for target, weight in targets.items():
                    after[target] += flow * weight
        moved = sum(abs(after[node] - ranks[node]) for node in ranks)
        ranks = after
        if moved < _TOLERANCE:
            break
    return ranks
