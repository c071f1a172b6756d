"""Comparing answers that are no floats."""

from __future__ import annotations

import torch

from gpu_runner.checking.comparing import Misconception, recognise


def test_a_misconception_about_a_mask_is_recognised() -> None:
    right = torch.tensor([[True, False], [True, True]])
    wrong = Misconception("exchanged", "queries and keys exchanged", lambda: right.mT)

    found = recognise(right.mT, right, [(wrong, right.mT)], tolerance=0.0)

    assert found is not None
    assert found["id"] == "exchanged"
