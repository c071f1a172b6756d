"""The drawn answers about ViT and CLIP, computed in another way."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch

from tests.curriculum.drawings import drawings, integers, numbers, vectors


def corners(height: int, width: int, patch: int) -> int:
    """The number of patches, by counting their upper left corners."""
    assert height % patch == width % patch == 0
    return len(list(product(range(0, height, patch), range(0, width, patch))))


def test_the_encoder_gets_one_token_for_each_patch_and_one_more() -> None:
    for drawn in drawings("patch_tokens_shape", 60):
        batch, height, width, patch, hidden = integers(drawn, "B", "H", "W", "P", "D")
        assert drawn.answer == [batch, corners(height, width, patch) + 1, hidden]
        assert height != width


def test_a_flattened_patch_holds_all_channels_of_its_pixels() -> None:
    for drawn in drawings("flattened_patches_shape", 60):
        batch, height, width, patch = integers(drawn, "B", "H", "W", "P")
        patches = corners(height, width, patch)
        assert drawn.answer == [batch, patches, batch * 3 * height * width // (batch * patches)]


def test_the_projection_of_the_patches_is_counted_output_by_output() -> None:
    for drawn in drawings("patch_projection_parameters"):
        patch, channels, hidden = integers(drawn, "P", "C", "D")
        assert drawn.answer == sum(patch * patch * channels + 1 for _ in range(hidden))


def test_every_patch_and_the_class_token_have_a_position() -> None:
    for drawn in drawings("position_table_parameters", 60):
        side, patch, hidden = integers(drawn, "side", "P", "D")
        assert drawn.answer == hidden * corners(side, side, patch) + hidden


def test_larger_images_have_more_patches_of_the_same_size() -> None:
    for drawn in drawings("fine_tuning_tokens", 60):
        before, after, patch = integers(drawn, "before", "after", "P")
        assert drawn.answer == corners(after, after, patch) + 1
        assert before < after


def test_zero_shot_logits_have_a_column_for_each_class() -> None:
    for drawn in drawings("zero_shot_logits_shape"):
        images, classes, prompts = integers(drawn, "B", "K", "T")
        assert drawn.answer == [images, len(set(range(classes)))]
        assert len({images, classes, prompts}) == 3


def test_incorrect_pairings_are_those_off_the_diagonal() -> None:
    for drawn in drawings("contrastive_negatives", 20):
        (pairs,) = integers(drawn, "N")
        assert drawn.answer == sum(pairs - 1 for _ in range(pairs))


def test_the_loss_of_an_image_is_the_log_of_the_summed_ratios() -> None:
    for drawn in drawings("contrastive_loss"):
        scale, own, second, third = numbers(drawn, "s", "c1", "c2", "c3")
        ratios = 1 + math.exp(scale * (second - own)) + math.exp(scale * (third - own))
        assert drawn.answer == pytest.approx(math.log(ratios))


def test_the_cosine_is_the_product_of_the_normalised_vectors() -> None:
    for drawn in drawings("cosine_similarity"):
        one, other = (scaled_to_one(vector) for vector in vectors(drawn, "u", "v"))
        assert drawn.answer == pytest.approx(sum(a * b for a, b in zip(one, other, strict=True)))


def scaled_to_one(vector: list[float]) -> list[float]:
    return [value / math.hypot(*vector) for value in vector]


def test_both_projections_end_in_the_joint_space() -> None:
    for drawn in drawings("joint_projection_parameters"):
        image, text, joint = integers(drawn, "di", "dt", "de")
        assert drawn.answer == joint * (image + text)


def test_half_the_patch_makes_four_times_the_patches_and_every_pair_of_them_counts() -> None:
    for drawn in drawings("half_patch_pairs", 20):
        (patches,) = integers(drawn, "n")
        tokens = sum(4 for _ in range(patches))
        assert drawn.answer == tokens * tokens


def test_logits_are_cosines_over_the_temperature() -> None:
    for drawn in drawings("scaled_gap"):
        temperature, high, low = numbers(drawn, "t", "high", "low")
        assert drawn.answer == pytest.approx(high / temperature - low / temperature)


def test_the_hard_loss_is_the_mean_of_two_cross_entropies() -> None:
    for drawn in drawings("hard_distillation_loss", 20):
        heads = torch.tensor(numbers(drawn, "p", "q"), dtype=torch.float64)
        logits = torch.stack([heads.log(), (1 - heads).log()], dim=1)  # (2, classes)
        loss = torch.nn.functional.cross_entropy(logits, torch.zeros(2, dtype=torch.long))
        assert drawn.answer == pytest.approx(loss.item())
