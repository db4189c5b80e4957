"""Python, Ruby, Lua and shell scripts."""

from __future__ import annotations

from tests.languages.case import Case

CASES = (
    Case(
        "python",
        "shapes.pyw",
        symbols=r"""
            constant LIMIT
            variable scale
            variable Pair
            class Shape
            property Shape.sides
            function Shape.__init__
            function Shape.area
            class Circle
            function Circle.__init__
            function Circle.draw
            function Circle._outline
            function total
            function total.add
            variable double
        """,
        described={
            "Shape.area": ("def area(self) -> float:", "Give the area."),
            "Circle": ("class Circle(Shape):", "A circle has no sides."),
            "Circle.draw": ('async def draw(self, canvas: colours.Canvas, *, fill: str = "red") -> None:', ""),
        },
        scope=("await canvas.pl$0ot", "await canvas.plot(point, fill)"),
        closed=("def add(a: float, b: float) -> float:\n$0", "return a + b r"),
        imports=(
            "__future__: annotations",
            "math",
            "os.path: itself as paths",
            "collections.abc: Iterable, Iterator as Iter",
            "typing: *",
            ".: colours",
            "..geometry.points: Point as P",
        ),
        uses=(
            "Circle.draw",
            {
                "call": "ValueError _outline plot",
                "type": "Canvas str",
                "attribute": "radius",
                "name": "colours self LIMIT canvas point fill",
            },
        ),
    ),
    Case(
        "ruby",
        "garden.rb",
        symbols=r"""
            constant MONTHS
            module Garden
            class Garden.Bed
            constant Garden.Bed.DEPTH
            method Garden.Bed.initialize
            method Garden.Bed.plant
            method Garden.Bed.each
            method Garden.Bed.empty?
            method Garden.Bed.from_json
            method Garden.Bed.build
            function water
        """,
        described={
            "Garden.Bed": ("class Bed < Plants::Base", "A bed of plants."),
            "Garden.Bed.plant": ("def plant(seed)", "Puts a plant in."),
        },
        scope=("raise Arg$0umentError", 'unless seed.alive? raise ArgumentError, "dead seed: #{seed.name}" end'),
        closed=("unless seed.alive?\n$0", 'raise ArgumentError, "dead seed: #{seed.name}" end'),
        imports=(
            "json",
            "./garden/plants",
        ),
        uses=(
            "Garden.Bed.plant",
            {"call": "alive? raise name grow", "type": "ArgumentError DEPTH", "name": "seed @plants"},
        ),
    ),
    Case(
        "lua",
        "stack.lua",
        symbols=r"""
            variable util
            variable json
            constant LIMIT
            constant DEBUG
            variable Stack
            function Stack.new
            method Stack.push
            method Stack.each
            function drain
            function drain.take
            function Stack.drain
        """,
        described={
            "Stack.new": ("function Stack.new(limit)", "Makes an empty stack."),
            "Stack.push": ("function Stack:push(value)", "Puts a value on top."),
        },
        scope=('error("fu$0ll', 'if #self.values >= self.limit then error("full: " .. json.encode(value)) end'),
        closed=("for i, value in ipairs(self.values) do$0", "visit(i, value) end"),
        imports=(
            "lib.util: itself as util",
            "json: itself as json",
            "init",
        ),
        uses=(
            "Stack.push",
            {"call": "error encode insert", "attribute": "values limit", "name": "Stack self json value table"},
        ),
    ),
    Case(
        "shellscript",
        "backup.sh",
        symbols=r"""
            constant KEEP
            constant TARGET
            constant LANG
            function usage
            function copy_all
            function prune
        """,
        described={
            "usage": ("usage()", "Says how to call this."),
            "KEEP": ("readonly KEEP=7", ""),
        },
        scope=('rm "$$0old"', 'case $old in *.tar) rm "$old" ;; *) log_info "kept $old" ;; esac'),
        closed=(
            "while read -r old; do$0",
            '(( count += 1 )) case $old in *.tar) rm "$old" ;; *) log_info "kept $old" ;; esac done',
        ),
        imports=(
            "./lib/log.sh",
            "$HOME/.backuprc",
        ),
        uses=("copy_all", {"call": "copy_all cp log_error stat", "name": "1 from file TARGET sizes"}),
    ),
)
