"""JSON, YAML, TOML and Markdown."""

from __future__ import annotations

from tests.languages.case import Case

CASES = (
    Case(
        "json",
        "package.json",
        symbols=r"""
            key name
            key version
            key private
            key scripts
            key dependencies
            key files
            key engines
            key ratio
            key parent
        """,
        described={
            "scripts": ('"scripts":', ""),
        },
        scope=('"vite bu$0ild"', '{ "build": "vite build", "test": "vitest run" }'),
        closed=('"vite": {$0', '"version": "7.0.0", "optional": false }'),
    ),
    Case(
        "yaml",
        "deploy.yaml",
        symbols=r"""
            key name
            key on
            key env
            key jobs
            key name
            key quoted key
        """,
        described={
            "name": ("name:", "How the garden is put on the net."),
            "jobs": ("jobs:", ""),
        },
        scope=("make cl$0ean", "run: | make clean make all"),
        closed=("  schedule:$0", '- cron: "0 4 * * *" e'),
    ),
    Case(
        "toml",
        "project.toml",
        symbols=r"""
            key title
            key version
            key quoted key
            key owner
            key owner.name
            key owner.born
            key database.primary
            key database.primary.ports
            key database.primary.limits
            key database.primary.enabled
            key beds
            key beds.plant
            key beds.rows.count
            key beds
            key beds.plant
            key beds.notes
        """,
        described={
            "title": ("title =", "What the garden is made of."),
            "database.primary": ("[database.primary]", "Where the data lives."),
            "owner.born": ("born =", ""),
        },
        scope=("ports = [\n  80$000", "[ 8000, 8001, ]"),
        closed=("[owner]\n$0", 'name = "Flora" born = 1979-05-27T07:32:00Z # Where the data lives. [database.primary]'),
    ),
    Case(
        "markdown",
        "guide.md",
        symbols=r"""
            heading Garden guide
            heading Garden guide.Tools
            heading Garden guide.Tools.Spades
            heading Garden guide.Planting
            heading Garden guide.Planting.Watering
            heading Garden guide.Planting.Appendix
        """,
        described={
            "Garden guide.Tools": ("## Tools", ""),
        },
        scope=("def water(b$0ed):", "```python def water(bed): return bed.wet ```"),
        closed=("### Spades\n$0", "> Clean it after use. | size | price | |------|-------| | big | 20 | ## Planting"),
    ),
)
