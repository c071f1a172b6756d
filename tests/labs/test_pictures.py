"""Pictures on the submission's page: drawn with words and numbers beside them, from whatever JSON came."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from labs.pictures import read_pictures
from residual.ui.png import SIGNATURE, png
from tests.factories import make_result, make_submission, make_user
from tests.labs.test_difference import json_values
from tests.labs.test_traces import SIDE, STEPS

PICTURES: dict[str, dict[str, Any]] = {
    "curves": {
        "kind": "curves",
        "title": "Remaining signal",
        "axis": "t",
        "series": [{"name": "linear", "x": [0, 9], "values": [1.0, 0.25]}, {"name": "cosine", "x": [0], "values": [1]}],
    },
    "bars": {
        "kind": "bars",
        "title": "Tokens per expert",
        "axis": "expert",
        "series": [{"name": "chosen", "values": [8, 2]}, {"name": "served", "values": [4, None]}],
    },
    "heatmap": {
        "kind": "heatmap",
        "title": "Attention weights",
        "rows": {"name": "query", "size": 2, "step": 1},
        "columns": {"name": "key", "size": 2, "step": 1},
        "values": [[0.75, 0.25], [0.0, 1.0]],
    },
    "images": {
        "kind": "images",
        "title": "Noised",
        "height": 2,
        "width": 2,
        "channels": 1,
        "pixels": [base64.b64encode(bytes([0, 255, 128, 7])).decode()],
        "captions": ["t = 3"],
    },
}
WORDS = {
    "curves": ["linear over t: 2 points from 1 to 0.25", '<th scope="row">linear</th>'],
    "bars": ['width="100.0"', 'width="50.0"', '<th scope="rowgroup" rowspan="2">0</th>'],
    "heatmap": ["Attention weights: 2 rows (query) by 2 columns (key)", '<td class="number">0.75</td>'],
    "images": ['alt="Noised: t = 3"', 'src="data:image/png;base64,', 'width="96" height="96"'],
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("verdict", ["passed", "failed"])
def test_a_picture_is_shown_with_its_words_whatever_the_verdict(client: Client, kind: str, verdict: str) -> None:
    user = make_user()
    client.force_login(user)
    submission = make_submission(user, status="done", verdict=verdict)
    make_result(submission, "values", verdict, details={"pictures": [PICTURES[kind]]})
    html = client.get(submission.get_absolute_url()).content.decode()
    for words in (PICTURES[kind]["title"], *WORDS[kind]):
        assert words in html, words
    assert "style=" not in html


def test_a_png_holds_the_pixels_row_by_row() -> None:
    made = png(2, 2, 1, bytes([0, 255, 128, 7]))
    assert made.startswith(SIGNATURE)
    assert struct.unpack(">II", made[16:24]) == (2, 2)
    length = struct.unpack(">I", made[33:37])[0]
    assert zlib.decompress(made[41 : 41 + length]) == bytes([0, 0, 255, 0, 128, 7])


@pytest.mark.parametrize(("size", "pixels"), [((2, 2, 1), b"abc"), ((0, 2, 1), b""), ((1, 1, 2), b"ab")], ids=str)
def test_pixels_of_another_size_are_no_png(size: tuple[int, int, int], pixels: bytes) -> None:
    with pytest.raises(ValueError, match="bytes are not"):
        png(*size, pixels)


def test_a_picture_of_another_size_than_it_says_is_left_out() -> None:
    assert read_pictures({"pictures": [{**PICTURES["images"], "height": 3}]}) == ()
    assert read_pictures({"pictures": [{**PICTURES["images"], "width": 10**9}]}) == ()
    assert read_pictures({"pictures": [{**PICTURES["images"], "pixels": ["<svg>", 3, None]}]}) == ()


def test_no_more_than_four_are_read() -> None:
    assert len(read_pictures({"pictures": [PICTURES["bars"]] * 9})) == 4


@given(st.lists(json_values, max_size=3), st.sampled_from(sorted(PICTURES)), json_values, json_values)
def test_whatever_a_runner_sends_is_drawn_or_left_out(odd: list[Any], kind: str, value: object, other: object) -> None:
    assert isinstance(read_pictures({"pictures": value}), tuple)
    assert isinstance(read_pictures({"pictures": odd}), tuple)
    for key in PICTURES[kind]:
        read_pictures({"pictures": [{**PICTURES[kind], key: value}]})
    row = {"mine": value, "theirs": {**SIDE, "shape": value, "line": value, "bytes": value, "mean": value}}
    for key in STEPS:
        read_pictures({"pictures": [{**STEPS, key: value}, {**STEPS, "rows": [row, value]}]})
    line = {"name": value, "x": other, "values": value}
    read_pictures({"pictures": [{**PICTURES[kind], "series": [line, other]}]})
