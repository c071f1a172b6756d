"""The drawn answers about windows and sets, by cutting real tensors and by the library's own matching."""

from __future__ import annotations

import torch
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]  # scipy ships no types

from tests.curriculum.drawings import drawings, integers, vectors


def test_windows_become_a_batch_of_short_sequences() -> None:
    for drawn in drawings("window_tokens_shape", 50):
        batch, window, height, width, channels = integers(drawn, "B", "M", "H", "W", "C")
        image = torch.empty(batch, height, width, channels, device="meta")
        cut = image.unfold(1, window, window).unfold(2, window, window)  # (B, rows, columns, C, M, M)
        assert drawn.answer == list(cut.permute(0, 1, 2, 4, 5, 3).reshape(-1, window * window, channels).shape)


def test_a_bias_belongs_to_an_offset_and_a_head() -> None:
    for drawn in drawings("relative_bias_entries", 20):
        window, heads = integers(drawn, "M", "h")
        places = [(row, column) for row in range(window) for column in range(window)]
        offsets = {(a - c, b - d) for a, b in places for c, d in places}
        assert drawn.answer == len(offsets) * heads


def test_four_neighbours_are_joined_and_halved_by_a_linear_layer() -> None:
    for drawn in drawings("merged_patches_shape", 50):
        batch, height, width, channels = integers(drawn, "B", "H", "W", "C")
        x = torch.empty(batch, height, width, channels, device="meta")
        joined = torch.cat([x[:, i::2, j::2] for i in range(2) for j in range(2)], dim=-1)
        reduction = torch.nn.Linear(4 * channels, 2 * channels, bias=False, device="meta")
        assert drawn.answer == list(reduction(joined).shape)


def test_only_keys_and_values_are_shortened() -> None:
    for drawn in drawings("reduced_attention_shape", 50):
        batch, heads, height, width, ratio = integers(drawn, "B", "h", "H", "W", "R")
        q = torch.empty(batch, heads, height * width, 1, device="meta")
        shorter = torch.empty(batch * heads, 1, height, width, device="meta")[:, :, ::ratio, ::ratio]
        k = shorter.reshape(batch, heads, -1, 1)
        assert drawn.answer == list((q @ k.mT).shape)


def test_the_matching_is_that_of_the_hungarian_algorithm() -> None:
    for drawn in drawings("matching_cost"):
        costs = torch.tensor(vectors(drawn, "a", "b", "c"))
        rows, columns = linear_sum_assignment(costs.numpy())
        assert drawn.answer == float(costs[rows, columns].sum())
