"""What leads where, laid out in columns from left to right. Geometry only: templates draw it and add the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from statistics import fmean
from typing import Final

NODE_WIDTH: Final = 164
NODE_HEIGHT: Final = 62
COLUMN_GAP: Final = 34
ROW_GAP: Final = 16
MARGIN: Final = 4

Needs = Mapping[str, Sequence[str]]  # key → the keys that come before it


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node's box stands; units are those of the drawing's viewBox."""

    key: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Edge:
    source: str
    target: str
    path: str  # the `d` of an SVG path from the source's right side to the target's left


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    places: tuple[Place, ...]
    edges: tuple[Edge, ...]


def drawn(needs: Needs) -> Drawing:
    """`needs` without circles, in the order in which equals are shown. Needs that are not keys are left out."""
    known = {key: [need for need in wanted if need in needs] for key, wanted in needs.items()}
    columns = _ordered(_columns(known), known)
    places = {place.key: place for at, column in enumerate(columns) for place in _stacked(column, at, columns)}
    edges = [_edge(places[need], places[key]) for key, wanted in known.items() for need in wanted]
    tallest = max((len(column) for column in columns), default=0)
    return Drawing(
        width=max(0, len(columns) * (NODE_WIDTH + COLUMN_GAP) - COLUMN_GAP) + 2 * MARGIN,
        height=max(0, tallest * (NODE_HEIGHT + ROW_GAP) - ROW_GAP) + 2 * MARGIN,
        places=tuple(places[key] for key in needs),
        edges=tuple(edges),
    )


def _columns(needs: Needs) -> list[list[str]]:
    """Each node one column to the right of the last thing it needs."""
    depth: dict[str, int] = {}
    for key in TopologicalSorter(needs).static_order():
        depth[key] = max((depth[need] + 1 for need in needs[key]), default=0)
    return [[key for key in needs if depth[key] == at] for at in range(max(depth.values(), default=-1) + 1)]


def _ordered(columns: list[list[str]], needs: Needs) -> list[list[str]]:
    """Rows within each column by the mean row of what is needed, so that few lines cross."""
    row: dict[str, float] = {}
    for column in columns:
        column.sort(key=lambda key: fmean([row[need] for need in needs[key]]) if needs[key] else 0.0)
        row.update((key, at - len(column) / 2) for at, key in enumerate(column))
    return columns


def _stacked(column: list[str], at: int, columns: list[list[str]]) -> list[Place]:
    """A column's boxes, centred on the tallest column."""
    step = NODE_HEIGHT + ROW_GAP
    top = (max(map(len, columns)) - len(column)) * step // 2
    x = MARGIN + at * (NODE_WIDTH + COLUMN_GAP)
    return [Place(key, x, MARGIN + top + row * step) for row, key in enumerate(column)]


def _edge(source: Place, target: Place) -> Edge:
    x, y = source.x + NODE_WIDTH, source.y + NODE_HEIGHT // 2
    to_x, to_y = target.x, target.y + NODE_HEIGHT // 2
    bend = COLUMN_GAP
    path = f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
    return Edge(source.key, target.key, path)
