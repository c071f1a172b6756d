"""Quizzes from the LSTM to Llama 2: every fixed answer that can be computed is computed here in another way."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, pairwise

import pytest
import torch
from torch import nn

from curriculum.expressions import evaluate
from tests.curriculum.quizzes import QUIZZES, Quiz

PAPERS = [
    *("lstm", "gru-encoder-decoder", "align-and-translate", "bleu", "rouge", "subword-units", "gpt-1", "gpt-3"),
    *("instructgpt", "chain-of-thought", "qlora", "gptq", "llm-int8", "pagedattention", "llama", "llama-2"),
]
LSTM, GRU, ROUGE, BPE = (Quiz(paper) for paper in ("lstm", "gru-encoder-decoder", "rouge", "subword-units"))
GPT3, INSTRUCT, LLAMA, LLAMA2 = (Quiz(paper) for paper in ("gpt-3", "instructgpt", "llama", "llama-2"))


@pytest.mark.parametrize("paper", PAPERS)
def test_a_smaller_paper_has_four_to_six_questions(paper: str) -> None:
    assert 4 <= len(QUIZZES[paper]) <= 6
    assert any(question.core for question in QUIZZES[paper])


def test_a_forget_bias_of_one_keeps_the_state_much_longer() -> None:
    kept = {bias: float(torch.tensor(float(bias)).double().sigmoid()) ** 20 for bias in (0, 1)}

    assert LSTM.number("forget-bias") == pytest.approx(kept[1] / kept[0], rel=1e-3)
    assert LSTM.noted("forget-bias") == pytest.approx([0.731 / 0.5, 20 * 0.731 / 0.5], rel=1e-3)


def test_torchs_gru_keeps_the_share_z_of_the_old_state() -> None:
    cell = nn.GRUCell(1, 1).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.bias_ih.copy_(torch.tensor([0.0, 0.8, 0.6]).double())  # reset, update, candidate
        new = float(cell(torch.zeros(1, 1).double(), torch.tensor([[1.5]]).double()))
    z, candidate = 1 / (1 + math.exp(-float(torch.tensor(0.8)))), math.tanh(float(torch.tensor(0.6)))

    assert evaluate(GRU.expression("update"), {"z": z, "h": 1.5, "c": candidate}) == pytest.approx(new)


def longest_common(first: list[str], second: list[str]) -> int:
    """By trying every choice of words."""
    kept = {choice for size in range(len(second) + 1) for choice in combinations(second, size)}
    return max(size for size in range(len(first) + 1) for choice in combinations(first, size) if choice in kept)


def test_the_same_words_in_order_are_recalled_better() -> None:
    reference = ["police", "killed", "the", "gunman"]
    first, second = ["police", "kill", "the", "gunman"], ["the", "gunman", "kill", "police"]
    recalls = [longest_common(reference, candidate) for candidate in (first, second)]

    assert ROUGE.right("subsequence") == {"first"}
    assert recalls == [3, 2]
    assert Counter(reference) & Counter(first) == Counter(reference) & Counter(second)


def test_the_first_merge_is_the_pair_that_occurs_most_often() -> None:
    words = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
    pairs: Counter[str] = Counter()
    for word, times in words.items():
        for first, second in pairwise(word):
            pairs[first + second] += times

    assert BPE.right("first-merge") == {"es"}
    assert pairs.most_common(2) == [("es", 9), ("st", 9)]
    assert [pairs[pair] for pair in ("lo", "we", "ne")] == [7, 8, 6]


def test_each_merge_adds_one_symbol() -> None:
    symbols = set("low lower".replace(" ", ""))
    characters = len(symbols)
    for merged in ("lo", "low"):
        symbols.add(merged)

    assert len(symbols) == evaluate(BPE.expression("vocabulary"), {"c": characters, "m": 2})


def test_the_blocks_of_gpt_3_hold_nearly_all_its_parameters() -> None:
    width, layers = 12_288, 96
    attention, feed_forward = 4 * width**2, 2 * width * 4 * width

    assert GPT3.number("body-parameters") == layers * (attention + feed_forward) / 1e9
    assert GPT3.noted("body-parameters") == pytest.approx(
        [layers * attention / 1e9, layers * feed_forward / 1e9], rel=1e-3
    )


def test_the_reward_loss_sees_differences_only() -> None:
    """It is the negative logarithm of a preference's probability: equal rewards say one half."""

    def loss(preferred: float, other: float) -> float:
        return -math.log(1 / (1 + math.exp(other - preferred)))

    assert INSTRUCT.right("reward-loss") == {"logistic"}
    assert loss(3.0, 1.0) == loss(5.0, 3.0) < loss(1.0, 1.0) == pytest.approx(math.log(2))


def test_three_matrices_of_the_narrower_width_have_as_many_weights_as_two() -> None:
    width = 768
    hidden = evaluate(LLAMA.expression("swiglu-width"), {"d": width})

    assert 3 * width * hidden == 2 * width * 4 * width
    assert 256 * math.ceil(evaluate(LLAMA.expression("swiglu-width"), {"d": 4096}) / 256) == 11_008


def test_shared_heads_shrink_the_cache_by_their_share() -> None:
    assert LLAMA2.right("gqa") == {"eight"}
    assert 64 / 8 == 8
