"""What only the lab `lstm-and-gru` needs: its examples by hand, and torch's own layers agreeing with its reference."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "lstm-and-gru"
LENGTHS = [6, 1, 4]


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    solution, reference = module_from(LAB / "solution.py"), module_from(LAB / "reference.py")
    lstm = {"weight_ih_l0": torch.zeros(4, 1), "weight_hh_l0": torch.zeros(4, 1)}
    lstm |= {"bias_ih_l0": torch.tensor([0.0, 1.0, 1.0, 0.0]), "bias_hh_l0": torch.zeros(4)}
    h, c = solution.lstm_step(torch.randn(1, 1), (torch.randn(1, 1), torch.tensor([[2.0]])), lstm)
    assert [c.item(), h.item()] == pytest.approx([1.843, 0.476], abs=6e-4)

    gru = {"weight_ih_l0": torch.zeros(3, 1), "weight_hh_l0": torch.tensor([[0.0], [0.0], [1.0]])}
    gru |= {"bias_ih_l0": torch.zeros(3), "bias_hh_l0": torch.tensor([0.0, 0.0, 1.0])}
    x, one = torch.randn(1, 1), torch.ones(1, 1)
    assert solution.gru_step(x, one, gru).item() == pytest.approx(0.881, abs=6e-4)
    assert reference.Gru(reset="before").step(gru, x, one[None]).item() == pytest.approx(0.953, abs=6e-4)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_the_reference_is_torchs_layer_on_packed_rows(kind: str) -> None:
    reference = module_from(LAB / "reference.py")
    layer: Any = {"lstm": nn.LSTM, "gru": nn.GRU}[kind](5, 7, batch_first=True, dtype=torch.float64)
    cell = {"lstm": reference.Lstm(), "gru": reference.Gru()}[kind]
    x = torch.randn(3, 6, 5, dtype=torch.float64)

    packed, last = layer(pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False))
    outputs, _ = pad_packed_sequence(packed, batch_first=True)
    found, state = reference.run(cell, dict(layer.state_dict()), x, None, LENGTHS)
    torch.testing.assert_close(found, outputs)
    torch.testing.assert_close(state, torch.cat(last) if kind == "lstm" else last)


def test_both_ways_are_torchs_bidirectional_layer_on_packed_rows() -> None:
    reference = module_from(LAB / "reference.py")
    layer = nn.GRU(5, 7, batch_first=True, bidirectional=True, dtype=torch.float64)
    state = layer.state_dict()
    ahead = {name: array for name, array in state.items() if not name.endswith("reverse")}
    back = {name.removesuffix("_reverse"): array for name, array in state.items() if name.endswith("reverse")}
    x = torch.randn(3, 6, 5, dtype=torch.float64)

    packed, _ = layer(pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False))
    outputs, _ = pad_packed_sequence(packed, batch_first=True)
    torch.testing.assert_close(reference.there_and_back(reference.Gru(), ahead, back, x, LENGTHS), outputs)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_every_known_mistake_of_a_cell_has_an_answer_of_its_own(kind: str) -> None:
    known, reference = module_from(LAB / "misconceptions.py"), module_from(LAB / "reference.py")
    right, gates, others = {
        "lstm": (reference.Lstm(), 4, known.LSTMS),
        "gru": (reference.Gru(), 3, known.GRUS),
    }[kind]
    shapes = ((gates * 6, 4), (gates * 6, 6), (gates * 6,), (gates * 6,))
    weights = {n: torch.randn(shape, dtype=torch.float64) for n, shape in zip(reference.NAMES, shapes, strict=True)}
    x, state = torch.randn(5, 4, dtype=torch.float64), torch.randn(right.size, 5, 6, dtype=torch.float64)

    found: dict[str, Tensor] = {"right": right.step(weights, x, state)}
    found |= {key: cell.step(weights, x, state) for key, _text, cell in others}
    assert len(found) == len(others) + 1
    for one, other in combinations(found, 2):
        assert (found[one] - found[other]).abs().max() > 1e-3, f"{one} cannot be told from {other}"
