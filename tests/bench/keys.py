"""A key in a long file: didChange and ghost text from memory, against a bare pygls server on the same traffic."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figures import p50, p95, show
from tests.bench.raw_client import Json, RawClient

SUGGESTION = "".join(f"value_{i} + " for i in range(40))
KEYS = 300
ROUNDS = 3


def run() -> None:
    """Measure at three lengths, the two servers in turns, and print."""
    rows, ours_200 = [], 0.0
    for lines in (200, 10_000, 50_000):
        ours, bare = [], []
        for _ in range(ROUNDS):
            ours += _typed_through(lines)
            bare += _keys(RawClient((sys.executable, "-m", "tests.bench.yardstick")), lines, "x + 1")
        ours_200 = ours_200 or p50(ours)
        rows.append(
            (
                f"{lines:,} lines",
                f"{p50(ours):.2f} / {p95(ours):.2f}",
                f"{p50(bare):.2f} / {p95(bare):.2f}",
                f"{p50(ours) / p50(bare):.2f}",
                f"{p50(ours) / ours_200:.2f}",
            )
        )
    headings = ("", "antiphon p50 / p95 ms", "bare pygls p50 / p95 ms", "ratio", "growth")
    show("A key answered from memory (didChange + inlineCompletion)", headings, rows)


def _typed_through(lines: int) -> list[float]:
    with model_server({"": SUGGESTION}) as settings:
        client = RawClient((sys.executable, "-m", "lsp_server"), settings)
        return _keys(client, lines, SUGGESTION)


def _keys(client: RawClient, lines: int, suggestion: str) -> list[float]:
    """Type along a suggestion in the middle of a file; a server that always says the same is simply asked."""
    client.open("".join(f"    value_{i} = compute(value_{i - 1}, {i})  # as before\n" for i in range(lines)))
    line = lines // 2
    client.key(2, line, 0, "\n")
    first = client.ghost(line, 0)
    times = []
    for number in range(KEYS):
        ghost, ms = client.key(number + 3, line, number, first[number] if len(first) > KEYS else "a")
        assert ghost == (first[number + 1 :] if len(first) > KEYS else suggestion)
        times.append(ms)
    client.close()
    return times[10:]


@contextmanager
def model_server(script: dict[str, str]) -> Iterator[Json]:
    """Run a scripted model server in a process of its own, and give the settings that point to it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.json"
        path.write_text(json.dumps(script))
        command = (sys.executable, "-m", "tests.fakes", "--script", str(path))
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            provider = {"like": "openai-compatible", "base_url": f"{url}/v1", "fim": "suffix"}
            yield {"completion": {"model": "work/coder"}, "providers": {"work": provider}}
            process.terminate()
