"""Every pair of text and ground that the stylesheets use holds WCAG AA in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from residual import ui

STATIC = Path(ui.__file__).parent / "static" / "ui"
TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
TOKENS = {
    name: (light, dark)
    for sheet in ("app.css", "code.css")
    for name, light, dark in TOKEN.findall((STATIC / sheet).read_text())
}
SOFT = ["accent", "good", "warn", "bad", "info"]
EDITOR_GROUNDS = [
    "surface",
    "accent-soft",
    "bad-soft",
    "good-soft",
]  # a line, a match, a marked line, a line that is new
TEXT = [
    *((ink, ground) for ink in ("ink", "muted", "accent", "accent-strong") for ground in ("bg", "surface", "sunken")),
    *((ink, f"{ink}-soft") for ink in SOFT),
    *(("ink", f"{ground}-soft") for ground in SOFT),
    *((ink, "surface") for ink in SOFT),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    *((name, "sunken") for name in TOKENS if name.startswith("code-")),
    *((name, ground) for name in TOKENS if name.startswith("code-") for ground in EDITOR_GROUNDS),
]
CONTROLS = [
    ("control-line", "surface"),
    ("control-line", "bg"),
    ("focus", "bg"),
    ("focus", "surface"),
    ("accent", "line"),
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT, ids=lambda name: name)
def test_text_has_a_contrast_of_four_and_a_half(ink: str, ground: str, theme: int) -> None:
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), CONTROLS, ids=lambda name: name)
def test_controls_and_focus_have_a_contrast_of_three(line: str, ground: str, theme: int) -> None:
    assert contrast(TOKENS[line][theme], TOKENS[ground][theme]) >= 3


def test_black_on_white_is_twenty_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio of two sRGB colours written #rrggbb."""
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
