"""The drawn answers about recurrent networks, from torch's own cells."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.curriculum.drawings import drawings, integers, numbers, vectors


def test_an_lstm_has_four_gates_with_one_bias_each() -> None:
    """Torch keeps a second, redundant bias for each gate."""
    for drawn in drawings("lstm_parameters", 50):
        inputs, hidden = integers(drawn, "i", "h")
        with torch.device("meta"):
            cell = nn.LSTMCell(inputs, hidden)
        assert drawn.answer == sum(p.numel() for p in cell.parameters()) - cell.bias_hh.numel()


def test_a_gru_has_three_products_and_no_bias_in_the_paper() -> None:
    for drawn in drawings("gru_parameters", 50):
        inputs, hidden = integers(drawn, "i", "h")
        with torch.device("meta"):
            cell = nn.GRUCell(inputs, hidden, bias=False)
        assert drawn.answer == sum(p.numel() for p in cell.parameters())


def test_the_new_state_is_that_of_a_cell_with_these_gates() -> None:
    """A cell whose weights are zero has its gates in its biases."""
    cell = nn.LSTMCell(1, 1).double()
    for drawn in drawings("lstm_state", 50):
        state, forget, write, candidate = numbers(drawn, "c", "f", "i", "g")
        logits = torch.tensor([write, forget, 0.5], dtype=torch.float64).logit()
        biases = torch.stack([logits[0], logits[1], torch.tensor(candidate, dtype=torch.float64).atanh(), logits[2]])
        with torch.no_grad():
            for parameter in cell.parameters():
                parameter.zero_()
            cell.bias_ih.copy_(biases)
            zero = torch.zeros(1, 1).double()
            _, new = cell(zero, (zero, torch.tensor([[state]], dtype=torch.float64)))
        assert drawn.answer == pytest.approx(float(new))


def test_each_target_word_weighs_every_source_word() -> None:
    for drawn in drawings("aligned_context_shape"):
        batch, source, target, hidden = integers(drawn, "B", "Tx", "Ty", "n")
        states = torch.empty(batch, source, 2 * hidden, device="meta")
        assert not isinstance(drawn.answer, float)
        assert (torch.empty(drawn.answer, device="meta") @ states).shape == (batch, target, 2 * hidden)


def test_the_context_is_a_weighted_sum_of_annotations() -> None:
    for drawn in drawings("context_value"):
        weights, states = (torch.tensor(part, dtype=torch.float64) for part in vectors(drawn, "w", "h"))
        assert weights.sum().item() == pytest.approx(1)
        assert drawn.answer == pytest.approx((weights @ states).item())


def test_a_gated_state_moves_from_the_old_one_towards_the_candidate() -> None:
    for drawn in drawings("gru_state"):
        gate, old, candidate = numbers(drawn, "z", "h", "c")
        assert drawn.answer == pytest.approx(old + (1 - gate) * (candidate - old))
