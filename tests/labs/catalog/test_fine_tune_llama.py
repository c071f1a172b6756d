"""What only the lab `fine-tune-llama` needs: its examples by hand, frozen files, the library's model and loss."""

from __future__ import annotations

import hashlib
import math
from itertools import combinations
from typing import TYPE_CHECKING, cast

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "fine-tune-llama"


def test_the_numbers_by_hand_in_the_readme_are_right() -> None:
    reference, wrong = (module_from(LAB / f"{name}.py") for name in ("reference", "misconceptions"))
    parts = [(9.0, 6), (5.0, 2)]

    assert reference.mean_nats(parts) == 1.75
    assert round(math.exp(1.75), 3) == 5.755
    assert wrong.of_means(parts) == 2
    assert round(math.exp(2), 3) == 7.389
    assert round(wrong.perplexities(parts), 3) == 8.332
    rates = [round(reference.rate(step, 12, 4, 1.0, 0.1), 6) for step in (0, 3, 4, 8, 12, 20)]
    assert rates == [0.25, 1, 1, 0.55, 0.1, 0.1]


def test_the_rows_by_hand_in_the_readme_are_right() -> None:
    reference = module_from(LAB / "reference.py")
    documents = [([7] * size, [7] * size) for size in (5, 6, 3, 8)]
    segments = reference.packed(documents, 12)["segments"]

    assert segments.tolist() == [[1] * 5 + [2] * 6 + [0], [1] * 3 + [2] * 8 + [0]]
    assert 4 * 12 - (5 + 6 + 3 + 8) == 26


def test_the_files_are_those_of_the_router() -> None:
    for name in ("base.safetensors", "sentences.txt"):
        ours, theirs = ((CATALOG / lab / "data" / name).read_bytes() for lab in ("fine-tune-llama", "lora-router"))
        assert hashlib.sha256(ours).digest() == hashlib.sha256(theirs).digest()


@pytest.mark.parametrize("seed", range(2))
def test_the_reference_is_the_librarys_model_with_the_librarys_loss(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    lab = Lab(cast("Port", None), seed)
    config, weights = checks.draw_config(lab), checks.draw_weights(lab)
    batch = checks.packed(checks.draw_documents(lab, [9, 9], config["vocab_size"]), 9)  # a document in each row
    model = LlamaForCausalLM(LlamaConfig(**config, tie_word_embeddings=False)).double()
    model.load_state_dict(weights)
    with torch.no_grad():
        out = model(input_ids=batch["input_ids"], labels=batch["labels"])
    got = checks.Model()(checks.exact(weights), batch)

    assert (got - out.logits).abs().max() < 1e-4  # the library computes norms in float32
    mean = checks.next_token(got, batch["labels"]) / checks.asked_for(batch["labels"])
    assert abs(mean - out.loss) < 1e-4


def both(run: tuple[torch.Tensor, dict[str, torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    return run[0], run[1]["lm_head.weight"]


@pytest.mark.parametrize("seed", range(3))
def test_every_known_mistake_of_a_step_has_an_answer_of_its_own(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    lab = Lab(cast("Port", None), seed)
    config, weights = checks.draw_config(lab), checks.exact(checks.draw_weights(lab))
    steps = [checks.draw_unequal(lab, config["vocab_size"]) for _ in range(checks.STEPS)]
    ways = {key: way for key, _, way in checks.TRAININGS} | {"right": checks.Training()}
    plans = ((0.25, 0.4), (0.02, 1e3))
    found = {
        key: [part for plan in plans for part in both(way.run(weights, steps, *plan))] for key, way in ways.items()
    }

    for one, other in combinations(found, 2):
        apart = [(a - b).abs().max() for a, b in zip(found[one], found[other], strict=True)]
        assert max(apart) > 5e-4, f"{one} cannot be told from {other}"
