"""The drawn answers about memory: tiles walked one by one, activations counted while layers run."""

from __future__ import annotations

import math

import pytest
import torch

from tests.curriculum.drawings import drawings, integers, numbers


def test_joined_sums_are_those_of_all_scores_together() -> None:
    for drawn in drawings("running_softmax_sum"):
        first, second, sum_1, sum_2, largest = numbers(drawn, "m1", "m2", "l1", "l2", "m")
        everything = math.log(sum_1) + first, math.log(sum_2) + second
        assert drawn.answer == pytest.approx(float(torch.tensor(everything).double().logsumexp(0).sub(largest).exp()))


def test_two_matrices_are_each_written_and_read() -> None:
    for drawn in drawings("attention_traffic_mib"):
        batch, heads, tokens = integers(drawn, "B", "h", "N")
        scores = torch.empty(batch, heads, tokens, tokens, dtype=torch.float16, device="meta")
        weights = torch.empty_like(scores)
        passes = [matrix.numel() * matrix.element_size() for matrix in (scores, weights) for _ in ("write", "read")]
        assert drawn.answer == sum(passes) / 2**20


def test_every_block_of_queries_meets_every_block_of_keys() -> None:
    for drawn in drawings("tile_pairs", 60):
        tokens, width, cache, columns, rows = integers(drawn, "N", "d", "M", "Bc", "Br")
        assert columns == math.ceil(cache / (4 * width))
        assert rows == min(columns, width)
        pairs = sum(1 for _ in range(0, tokens, columns) for _ in range(0, tokens, rows))
        assert drawn.answer == pairs


def test_the_peak_is_at_a_segment_with_all_checkpoints_still_there() -> None:
    for drawn in drawings("checkpointed_memory"):
        layers, segments, length, size = integers(drawn, "n", "k", "length", "size")
        held, peak = segments * size, 0
        for _ in range(segments):
            peak = max(peak, held + length * size)
            held -= size
        assert drawn.answer == peak
        assert layers == segments * length


def test_more_arithmetic_is_counted_against_a_whole_step() -> None:
    for drawn in drawings("recomputation_share"):
        layers, again = integers(drawn, "n", "k")
        before, after = 3 * layers, 3 * layers + again
        assert drawn.answer == pytest.approx(100 * (after - before) / before)


def test_a_cache_holds_keys_and_values_of_the_shared_heads_only() -> None:
    for drawn in drawings("kv_cache_mib"):
        layers, shared, size, batch, tokens = integers(drawn, "L", "g", "dh", "B", "S")
        layer = torch.empty(2, batch, shared, tokens, size, dtype=torch.float16, device="meta")
        assert drawn.answer == layers * layer.numel() * layer.element_size() / 2**20


def test_only_a_sequences_last_block_is_partly_empty() -> None:
    for drawn in drawings("paged_blocks"):
        block, *lengths = integers(drawn, "block", "a", "b", "c")
        assert drawn.answer == sum(len(range(0, length, block)) for length in lengths)
