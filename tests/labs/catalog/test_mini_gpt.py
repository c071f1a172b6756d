"""What only the lab `mini-gpt` needs: its examples by hand, its text, and a library that agrees with its reference."""

from __future__ import annotations

import hashlib
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch.nn.functional import cross_entropy

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import HONEST, module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "mini-gpt"
TEXT = "193a03e4525455603c3e3be89eacfbac8fbb384af6129baaa6509ab1d3626385"


def test_the_text_is_the_one_that_its_script_wrote() -> None:
    assert hashlib.sha256((LAB / "data" / "sentences.txt").read_bytes()).hexdigest() == TEXT


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    reference = module_from(LAB / "reference.py")
    logits = torch.tensor([[[2.0, 0.0], [0.0, 0.0], [5.0, 5.0]]])
    ids = torch.tensor([[0, 1, 1]])
    assert reference.shifted_loss(logits, ids).item() == pytest.approx(1.410, abs=6e-4)
    assert reference.shifted_loss(logits, ids, shift=0).item() == pytest.approx(0.504, abs=6e-4)

    rates = [reference.rate(step, 10, 4, 1.0, 0.1) for step in (0, 1, 2, 3, 4, 7, 10, 12)]
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1, 1, 0.55, 0.1, 0.1])

    gradients = {"a": torch.tensor([3.0]), "b": torch.tensor([4.0])}
    assert reference.clipped(gradients, 1.0) == {"a": pytest.approx([0.6]), "b": pytest.approx([0.8])}


def test_the_written_gradient_of_the_loss_is_autograds() -> None:
    reference = module_from(LAB / "reference.py")
    logits = torch.randn(3, 5, 7, dtype=torch.float64, requires_grad=True)
    ids = torch.randint(7, (3, 5))

    reference.shifted_loss(logits, ids).backward()
    assert logits.grad is not None
    torch.testing.assert_close(reference.dlogits(logits.detach(), ids), logits.grad)
    torch.testing.assert_close(
        reference.shifted_loss(logits, ids), cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    )


def test_the_reference_walks_as_torchs_adamw_does() -> None:
    reference = module_from(LAB / "reference.py")
    _config, weights, ids = drawn(0)
    leaves = {name: array.double() for name, array in reference.flat(weights).items()}
    parameters = {name: torch.nn.Parameter(array.clone()) for name, array in leaves.items()}
    groups = [
        {"params": [p for name, p in parameters.items() if reference.decays(name)], "weight_decay": 0.3},
        {"params": [p for name, p in parameters.items() if not reference.decays(name)], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=0.03, betas=reference.BETAS, eps=reference.EPS)
    model = reference.Model(heads_of(_config))
    for batch in ids:
        optimiser.zero_grad()
        reference.shifted_loss(model(reference.nested(parameters), batch), batch).backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), 0.7)
        optimiser.step()

    _losses, after = reference.Training().run(model, weights, ids, [0.03] * len(ids), 0.3, 0.7)
    new = ids[0]
    expected = model(reference.nested(parameters), new).detach()
    torch.testing.assert_close(model(after, new), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_every_known_mistake_of_the_model_has_an_answer_of_its_own(seed: int) -> None:
    known = module_from(LAB / "misconceptions.py")
    reference = module_from(LAB / "reference.py")
    config, weights, ids = drawn(seed)
    exact = reference.nested({name: array.double() for name, array in reference.flat(weights).items()})
    right = reference.Model(heads_of(config))
    found = {"right": right(exact, ids[0])} | {key: made(right)(exact, ids[0]) for key, _text, made in known.MODELS}

    assert len(found) == len(known.MODELS) + 1
    for one, other in combinations(found, 2):
        assert (found[one] - found[other]).abs().max() > 1e-3, f"{one} cannot be told from {other}"


def test_the_pairs_cost_more_than_they_would_with_the_right_letter_known() -> None:
    """The bound that a trained model is held against is the cross-entropy of smoothed counts, and no easier."""
    drawing = module_from(LAB / "drawing.py")
    lab = Lab(cast("Port", None), 1)
    given, held = drawing.split_text(lab, (LAB / "data" / "sentences.txt").read_bytes())
    windows = held[: len(held) // 24 * 24].view(-1, 24).long()

    assert len(given) + len(held) == 250_068
    assert 2.4 < drawing.pair_nats(given, windows) < 2.55


def test_the_honest_styles_need_nothing_of_earlier_labs() -> None:
    assert not [file.name for file in (HONEST / "mini-gpt").glob("*.py") if "mine" in file.read_text()]


def drawn(seed: int) -> tuple[dict[str, int], dict[str, Any], torch.Tensor]:
    drawing = module_from(LAB / "drawing.py")
    lab = Lab(cast("Port", None), seed)  # drawing needs no sandbox
    config = drawing.draw_config(lab)
    weights = drawing.draw_weights(lab)
    lab.fix(K=3, B=2, T=5)
    return config, weights, drawing.draw_ids(lab, "K B T")


def heads_of(config: dict[str, int]) -> int:
    return config["heads"]
