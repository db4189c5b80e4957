"""From the start of the process to `initialize` answered, and to the first ghost text."""

from __future__ import annotations

import sys
import time

from tests.bench.figures import p50, show
from tests.bench.keys import model_server
from tests.bench.raw_client import RawClient

ROUNDS = 9


def run() -> None:
    """Start both servers in turns and print."""
    starts: dict[str, list[float]] = {"antiphon": [], "bare pygls": []}
    ghosts: dict[str, list[float]] = {"antiphon": [], "bare pygls": []}
    with model_server({"": "x + 1"}) as settings:
        for _ in range(ROUNDS):
            for name, module, options in (
                ("antiphon", "lsp_server", settings),
                ("bare pygls", "tests.bench.yardstick", None),
            ):
                began = time.perf_counter()
                client = RawClient((sys.executable, "-m", module), options)
                starts[name].append(client.start_ms)
                client.open("y = \n")
                assert client.ghost(0, 4) == "x + 1"
                ghosts[name].append((time.perf_counter() - began) * 1000)
                client.close()
    rows = [
        (what, f"{p50(ours):.0f}", f"{p50(bare):.0f}", f"{p50(ours) / p50(bare):.2f}")
        for what, ours, bare in (
            ("initialize answered", starts["antiphon"], starts["bare pygls"]),
            ("first ghost text (a model included)", ghosts["antiphon"], ghosts["bare pygls"]),
        )
    ]
    show("Start of the process to …", ("", "antiphon p50 ms", "bare pygls p50 ms", "ratio"), rows)
