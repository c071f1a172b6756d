"""What only the lab `gradient-checkpointing` needs: its example by hand, mistakes that differ, the library's answer."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint_sequential

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "gradient-checkpointing"


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    plan, held = module_from(LAB / "solution.py").plan, module_from(LAB / "reference.py").best

    assert [k + 4 * -(-9 // k) for k in (3, 5, 6, 9)] == [15, 13, 14, 13]
    assert plan(9, 4) == held(9, 4) == 5
    w = torch.tensor(3.0, requires_grad=True)
    (w * 2.0 * 2.0).backward()  # type: ignore[no-untyped-call]  # torch ships no types for it
    assert w.grad == 4


def test_the_solution_learns_what_the_library_learns() -> None:
    run = module_from(LAB / "solution.py").run

    def grads(*, by_hand: bool) -> list[torch.Tensor]:
        torch.manual_seed(4)
        layers = [torch.nn.Sequential(torch.nn.Linear(6, 6), torch.nn.Dropout(0.3), torch.nn.Tanh()) for _ in range(7)]
        chain, x = torch.nn.Sequential(*layers), torch.randn(5, 6, requires_grad=True)
        y = run(layers, x, 3) if by_hand else library(chain, x)
        y.square().sum().backward()
        return [p.grad for p in (x, *chain.parameters()) if p.grad is not None]

    for ours, theirs in zip(grads(by_hand=True), grads(by_hand=False), strict=True):
        torch.testing.assert_close(ours, theirs)


def library(chain: torch.nn.Sequential, x: torch.Tensor) -> Any:
    return checkpoint_sequential(chain, 3, x, use_reentrant=False)  # type: ignore[no-untyped-call]  # as above


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    reference, known = module_from(LAB / "reference.py"), module_from(LAB / "misconceptions.py")
    draw = torch.Generator().manual_seed(2)
    shapes = {"w1": (9, 6), "w2": (6, 9)}
    layers = [{name: torch.randn(shape, generator=draw) / 3 for name, shape in shapes.items()} for _ in range(7)]
    x, cotangent = (torch.randn(3, 6, generator=draw) for _ in range(2))
    case = reference.Case(layers, x, cotangent, 11, 0.6, 3)
    right = reference.differentiate(case, reference.masks(case, 7))
    found = {key: answer(case) for key, _, answer in known.CHAIN} | {"right": right}
    parts = {
        key: torch.cat([a.y.flatten(), a.x.flatten(), *(g.flatten() for w in a.layers for g in w.values())])
        for key, a in found.items()
    }

    for (one, values), (other, others) in combinations(parts.items(), 2):
        assert (values - others).abs().max() > 1e-2, (one, other)
