"""Pictures that a check attached, read from its `details` and made ready to draw.

The JSON comes from a runner: sizes are held here again, and what is no picture is left out.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from labs.difference import Axis, Numbers, number, numbers, read_axis, short
from residual.ui.curves import Curve, curves
from residual.ui.heat import Heat, heat
from residual.ui.png import data_uri, png

MOST_PICTURES: Final = 4
MOST_STEPS: Final = 250
MOST_SERIES: Final = 6
MOST_POINTS: Final = 128
MOST_IMAGES: Final = 16
MOST_SIDE: Final = 64
BAR_SPAN: Final = 100


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a group: `share` of BAR_SPAN is its length."""

    name: str
    value: str
    share: float
    tone: int


@dataclass(frozen=True, slots=True)
class Image:
    src: str
    caption: str


@dataclass(frozen=True, slots=True)
class Step:
    """One tensor on the way through a forward pass, in words."""

    name: str
    line: int
    shape: str
    dtype: str
    spread: str
    size: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """Two steps side by side; one of them may be missing."""

    mark: str
    mine: Step | None
    theirs: Step | None
    first: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Anything that can be drawn; `kind` says which of the fields are used."""

    kind: str
    title: str
    axis: str = ""
    places: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()
    series: tuple[Series, ...] = ()
    groups: tuple[tuple[str, tuple[Bar, ...]], ...] = ()
    heat: Heat | None = None
    rows: Axis | None = None
    columns: Axis | None = None
    table: tuple[tuple[str, tuple[str, ...]], ...] = ()
    images: tuple[Image, ...] = ()
    width: int = 0
    height: int = 0
    steps: tuple[StepRow, ...] = ()

    @property
    def parts(self) -> bool:
        """Whether the two ways of a trace end apart."""
        return any(row.first for row in self.steps)

    @property
    def words(self) -> str:
        """The matrix in a sentence, for those who hear it."""
        assert self.rows is not None  # noqa: S101 - only heat-maps have words
        assert self.columns is not None  # noqa: S101 - as above
        size = _("%(rows)s rows (%(row)s) by %(columns)s columns (%(column)s)") % {
            "rows": len(self.rows.places),
            "row": self.rows.name,
            "columns": len(self.columns.places),
            "column": self.columns.name,
        }
        return f"{self.title}: {size}"


def read_pictures(details: Mapping[str, Any]) -> tuple[Picture, ...]:
    """What `details["pictures"]` holds that can be drawn."""
    found = details.get("pictures")
    entries = [entry for entry in found[:MOST_PICTURES] if isinstance(entry, dict)] if isinstance(found, list) else []
    drawn = (_read(entry) for entry in entries)
    return tuple(picture for picture in drawn if picture is not None)


def _read(entry: Mapping[str, Any]) -> Picture | None:
    readers = {"curves": _curves, "bars": _bars, "heatmap": _heatmap, "images": _images, "steps": _steps}
    kind = entry.get("kind")
    reader = readers.get(kind) if isinstance(kind, str) else None
    return reader(entry, str(entry.get("title", ""))[:120]) if reader else None


def _curves(entry: Mapping[str, Any], title: str) -> Picture | None:
    lines = [(name, _points(line)) for name, line in _lines(entry)]
    drawn = curves([line for line in lines if line[1]], shared=True)
    if not drawn:
        return None
    places = sorted({x for _name, points in lines for x, _y in points})
    at = [(name, dict(points)) for name, points in lines]
    series = tuple(Series(name, tuple(short(points.get(x)) for x in places)) for name, points in at)
    return Picture("curves", title, _text(entry, "axis"), tuple(f"{x:g}" for x in places), tuple(drawn), series)


def _bars(entry: Mapping[str, Any], title: str) -> Picture | None:
    lines = [(name, _values(line)) for name, line in _lines(entry)]
    largest = max((value for _name, values in lines for value in values if value is not None), default=0.0)
    count = max((len(values) for _name, values in lines), default=0)
    if not count:
        return None
    groups = tuple((str(at), tuple(_group(lines, at, largest))) for at in range(count))
    return Picture("bars", title, _text(entry, "axis"), groups=groups)


def _group(lines: Iterable[tuple[str, list[float | None]]], at: int, largest: float) -> Iterable[Bar]:
    for tone, (name, values) in enumerate(lines):
        value = values[at] if at < len(values) else None
        share = max(0.0, value) / largest * BAR_SPAN if value is not None and largest > 0 else 0.0
        yield Bar(name, short(value), round(share, 1), tone % 4)


def _heatmap(entry: Mapping[str, Any], title: str) -> Picture | None:
    values = numbers(entry.get("values"))
    if values is None:
        return None
    rows, columns = read_axis(entry.get("rows"), len(values)), read_axis(entry.get("columns"), len(values[0]))
    table = tuple((place, tuple(short(value) for value in row)) for place, row in zip(rows.places, values, strict=True))
    drawn = heat(values, _floor(values))
    return Picture("heatmap", title, heat=drawn, rows=rows, columns=columns, table=table)


def _floor(values: Numbers) -> float:
    """What is drawn as empty: zero, or the smallest where there is something below."""
    return min((value for row in values for value in row if value is not None and value < 0), default=0.0)


def _images(entry: Mapping[str, Any], title: str) -> Picture | None:
    height, width, channels = (_size(entry.get(key)) for key in ("height", "width", "channels"))
    captions, pixels = entry.get("captions"), entry.get("pixels")
    words = [str(caption)[:40] for caption in captions] if isinstance(captions, list) else []
    encoded = pixels[:MOST_IMAGES] if isinstance(pixels, list) else []
    found = [_image(text, width, height, channels) for text in encoded]
    shown = [(at, src) for at, src in enumerate(found) if src]
    if not shown:
        return None
    zoom = max(1, 96 // max(height, width))  # an eight by eight digit is seen as twelve times that
    named = (Image(src, words[at] if at < len(words) else str(at + 1)) for at, src in shown)
    return Picture("images", title, images=tuple(named), width=width * zoom, height=height * zoom)


def _size(value: Any) -> int:
    return value if type(value) is int and 0 < value <= MOST_SIDE else 0


def _image(text: Any, width: int, height: int, channels: int) -> str:
    """The picture as a data URI; nothing for what is none."""
    try:
        return data_uri(png(width, height, channels, base64.b64decode(text, validate=True)))
    except (ValueError, TypeError):  # not base64, or of another size
        return ""


def _steps(entry: Mapping[str, Any], title: str) -> Picture | None:
    found = entry.get("rows")
    rows = [row for row in found[:MOST_STEPS] if isinstance(row, dict)] if isinstance(found, list) else []
    first = entry.get("first")
    told = tuple(
        StepRow(str(row.get("mark", ""))[:8], _step(row.get("mine")), _step(row.get("theirs")), first=at == first)
        for at, row in enumerate(rows)
    )
    return Picture("steps", title, steps=told) if told else None


def _step(value: Any) -> Step | None:
    if not isinstance(value, dict):
        return None
    line, size = value.get("line"), number(value.get("bytes"))
    return Step(
        name=_text(value, "name"),
        line=line if type(line) is int and 0 < line < 10**6 else 0,
        shape=_shape(value.get("shape")),
        dtype=_text(value, "dtype"),
        spread=f"{short(number(value.get('mean')))} ± {short(number(value.get('std')))}",
        size=filesizeformat(min(max(size or 0, 0), 1e15)),
    )


def _shape(value: Any) -> str:
    """Named axes as one shape: "B 2, T 6, 90"."""
    axes = [axis for axis in value[:8] if isinstance(axis, dict)] if isinstance(value, list) else []
    return ", ".join(f"{_text(axis, 'name')} {_text(axis, 'size')}".strip() for axis in axes)


def _lines(entry: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    found = entry.get("series")
    for line in found[:MOST_SERIES] if isinstance(found, list) else []:
        if isinstance(line, dict):
            yield _text(line, "name"), line


def _points(line: Mapping[str, Any]) -> list[tuple[float, float | None]]:
    """Rising places with their values."""
    places = line.get("x")
    xs = [number(x) for x in places[:MOST_POINTS]] if isinstance(places, list) else []
    ys = _values(line)
    if len(xs) != len(ys) or any(x is None for x in xs):
        return []
    points = [(x, y) for x, y in zip(xs, ys, strict=True) if x is not None]
    return points if all(a[0] < b[0] for a, b in pairwise(points)) else []


def _values(line: Mapping[str, Any]) -> list[float | None]:
    found = line.get("values")
    return [number(value) for value in found[:MOST_POINTS]] if isinstance(found, list) else []


def _text(entry: Mapping[str, Any], key: str) -> str:
    return str(entry.get(key, ""))[:40]
