"""What only the lab `fine-tune-bert` needs: its examples by hand, its frozen files, the library's own BERT and rows."""

from __future__ import annotations

import hashlib
from itertools import combinations
from typing import TYPE_CHECKING, cast

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "fine-tune-bert"
DIGESTS = {
    "pre_trained.safetensors": "4be14b12534a2c63eb23fd6c23ddca78fddd4021a2c6a04a7545a140ddd6d39d",
    "sentences.tsv": "4901aca6de0bb0ce44749f6b0eed34b7679970c18c0038902268eab343f936e2",
    "vocab.txt": "921768881c1156acfc362034c3b12a204a4cd08e4d82a85cd93b803ad36c1624",
}


def test_the_numbers_by_hand_in_the_readme_are_right() -> None:
    reference = module_from(LAB / "reference.py")
    table = reference.table(torch.tensor([0, 0, 0, 1, 1, 2]), torch.tensor([0, 0, 1, 1, 1, 1]), 3)

    assert sum(share * loss for share, loss in zip(reference.by_size([1, 3]), [2.0, 1.0], strict=True)) == 1.25
    assert table.tolist() == [[2, 1, 0], [0, 2, 0], [0, 1, 0]]
    assert round(reference.f1(table).mean().item(), 3) == 0.489
    assert [reference.rate(step, 10, 4, 1.0) for step in (0, 2, 4, 7, 12)] == [0, 0.5, 1, 0.5, 0]


def test_the_frozen_files_are_those_that_the_script_made() -> None:
    found = {name: hashlib.sha256((LAB / "data" / name).read_bytes()).hexdigest() for name in DIGESTS}

    assert found == DIGESTS


def test_the_references_pieces_are_the_librarys() -> None:
    reference = module_from(LAB / "reference.py")
    vocabulary = {piece: at for at, piece in enumerate((LAB / "data" / "vocab.txt").read_text().splitlines())}
    texts = [line.split("\t")[2] for line in (LAB / "data" / "sentences.tsv").read_text().splitlines()]
    ids, mask = reference.encoded(texts, vocabulary, 24)
    rows = BertTokenizer(vocab=vocabulary)(texts, truncation=True, max_length=24, padding=True, return_tensors="pt")

    assert torch.equal(ids, rows["input_ids"])
    assert torch.equal(mask, rows["attention_mask"])


@pytest.mark.parametrize("seed", range(2))
def test_the_reference_is_the_librarys_model(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    lab = Lab(cast("Port", None), seed)
    config, weights = checks.draw_config(lab), checks.draw_weights(lab)
    batch = checks.draw_batch(lab, 4)
    model = BertForSequenceClassification(BertConfig(**config))
    model.load_state_dict(weights)
    model.train(mode=False)
    with torch.no_grad():
        out = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits

    assert (checks.right(checks.exact(weights), batch) - out).abs().max() < 1e-4


@pytest.mark.parametrize("seed", range(2))
def test_every_known_mistake_of_a_step_has_an_answer_of_its_own(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    lab = Lab(cast("Port", None), seed)
    checks.draw_config(lab)
    weights = checks.exact(checks.draw_weights(lab))
    steps = [[checks.draw_batch(lab, size) for size in (1, 4)] for _ in range(3)]
    ways = {key: way for key, _, way in checks.TRAININGS} | {"right": checks.Training()}
    found = {key: parts(*way.run(weights, steps, 0.25, 0.4)) for key, way in ways.items()}

    for one, other in combinations(found, 2):
        apart = max((a - b).abs().max() for a, b in zip(found[one], found[other], strict=True))
        assert apart > 5e-4, f"{one} cannot be told from {other}"


def parts(losses: torch.Tensor, weights: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    return losses, weights["classifier.weight"]
