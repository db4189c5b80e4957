"""Shapes that know their area."""

from __future__ import annotations

import math
import os.path as paths
from collections.abc import Iterable, Iterator as Iter
from typing import *

from . import colours
from ..geometry.points import Point as P

LIMIT = 100
scale: float = 1.5
Pair: TypeAlias = tuple[int, int]


class Shape:
    """Anything with an area."""

    sides: int = 0

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def area(self) -> float:
        """Give the area.

        It is never negative.
        """
        return 0.0


# A circle has no sides.
class Circle(Shape):
    def __init__(self, centre: P, radius: float) -> None:
        super().__init__("circle")
        self.centre, self.radius = centre, radius

    async def draw(self, canvas: colours.Canvas, *, fill: str = "red") -> None:
        if self.radius > LIMIT:
            raise ValueError(f"too large: {self.radius}")
        else:
            for point in self._outline(12):
                await canvas.plot(point, fill)

    def _outline(self, count: int) -> Iter[P]:
        step = 2 * math.pi / count
        yield from (P(self.radius * math.cos(i * step), self.radius * math.sin(i * step)) for i in range(count))


def total(shapes: Iterable[Shape]) -> float:
    # Summed one by one.
    def add(a: float, b: float) -> float:
        return a + b

    result = 0.0
    for shape in shapes:
        try:
            result = add(result, shape.area)
        except OverflowError as error:
            print(paths.basename(__file__), error)
    return result


double = lambda value: value * 2
