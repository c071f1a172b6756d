"""Pictures are small JSON, whatever tensors they are made of."""

from __future__ import annotations

import base64
import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpu_runner.checking import bars, confusion, curves, heatmap, images
from gpu_runner.checking.pictures import MAX_CELLS, MAX_IMAGES, MAX_PIXEL_BYTES, MAX_POINTS

HOSTILE = torch.tensor([1.0, torch.nan, torch.inf, -torch.inf, 3e38, -2.5])


def test_a_long_curve_keeps_its_ends() -> None:
    made = curves("Schedule", "t", betas=torch.linspace(0, 1, 1000))

    (line,) = made["series"]
    assert len(line["x"]) == MAX_POINTS
    assert (line["x"][0], line["x"][-1]) == (0, 999)
    assert (line["values"][0], line["values"][-1]) == (0.0, 1.0)


def test_what_is_not_finite_is_a_gap() -> None:
    (line,) = curves("Loss", "step", loss=HOSTILE)["series"]
    assert line["values"] == [1.0, None, None, None, pytest.approx(3e38), -2.5]
    assert bars("Load", "expert", served=HOSTILE)["series"][0]["values"][1] is None
    assert heatmap("Map", HOSTILE.reshape(2, 3), "query key")["values"][0] == [1.0, None, None]


@given(st.integers(1, 90), st.integers(1, 90))
def test_a_large_matrix_is_averaged_in_blocks(rows: int, columns: int) -> None:
    made = heatmap("Map", torch.ones(rows, columns), "query key")

    assert made["rows"]["name"] == "query"
    assert len(made["values"]) <= MAX_CELLS
    assert all(len(row) <= MAX_CELLS and set(row) == {1.0} for row in made["values"])


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 1, 8, 8), (40, 3, 500, 300), (1, 1, 1)], ids=str)
def test_images_fit_and_have_the_bytes_that_their_size_says(shape: tuple[int, ...]) -> None:
    made = images("Samples", torch.rand(shape), [str(at) for at in range(shape[0])])

    one = made["height"] * made["width"] * made["channels"]
    assert 0 < len(made["pixels"]) <= MAX_IMAGES
    assert all(len(base64.b64decode(text)) == one for text in made["pixels"])
    assert one * len(made["pixels"]) <= MAX_PIXEL_BYTES
    assert len(made["captions"]) == len(made["pixels"])


def test_black_white_and_what_is_out_of_range() -> None:
    made = images("Samples", torch.tensor([[[-1.0, 1.0, 0.0], [9.0, torch.nan, -torch.inf]]]))
    assert list(base64.b64decode(made["pixels"][0])) == [0, 255, 128, 255, 0, 0]


def test_confusion_counts_pairs_and_ignores_what_is_no_class() -> None:
    made = confusion("Digits", torch.tensor([0, 1, 1, 2, 7]), torch.tensor([0, 1, 2, -1, 1]), 3)
    assert made["values"] == [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]


@given(st.integers(1, 30), st.integers(1, 2000))
def test_no_picture_is_large(series: int, length: int) -> None:
    lines = {f"line {at}": torch.randn(length) for at in range(series)}
    for made in (curves("a", "t", **lines), bars("a", "t", **lines)):
        assert len(json.dumps(made)) < 24_000
