"""Images as tokens, and images beside texts: patches, positions, similarities, the contrastive loss."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart, vector


def patch_tokens_shape(random: Random) -> Draw:
    patch = random.choice([8, 14, 16, 32])
    rows, columns, batch = random.sample(range(5, 25), 3)
    width = 80 * random.randrange(6, 14)  # never the size of a flattened patch, nor the number of tokens
    patches = rows * columns
    return Draw(
        {"B": batch, "H": rows * patch, "W": columns * patch, "P": patch, "D": width, "N": patches},
        [batch, patches + 1, width],
        {
            "no_class": [batch, patches, width],
            "square": [batch, rows**2 + 1, width],
            "pixels": [batch, patches + 1, 3 * patch**2],
        },
    )


def flattened_patches_shape(random: Random) -> Draw:
    patch = random.choice([14, 16, 32])  # larger than 8: 192 patches would be as many as the numbers in one
    rows, columns, batch = random.sample(range(5, 25), 3)
    patches = rows * columns
    return Draw(
        {"B": batch, "H": rows * patch, "W": columns * patch, "P": patch, "N": patches},
        [batch, patches, 3 * patch**2],
        {
            "one_channel": [batch, patches, patch**2],
            "swapped": [batch, 3 * patch**2, patches],
            "grid": [batch, rows, columns, 3 * patch**2],
        },
    )


def patch_projection_parameters(random: Random) -> Draw:
    patch, channels = random.choice([8, 14, 16, 32]), random.choice([2, 3, 4, 6])
    width = 64 * random.randrange(3, 33)
    weights = patch**2 * channels * width
    return Draw(
        {"P": patch, "C": channels, "D": width, "flat": patch**2 * channels},
        weights + width,
        {
            "no_bias": weights,
            "one_channel": patch**2 * width + width,
            "side_not_square": patch * channels * width + width,
        },
    )


def position_table_parameters(random: Random) -> Draw:
    patch, grid = random.choice([8, 14, 16, 32]), random.randrange(7, 31)
    width = 64 * random.randrange(3, 17)
    patches = grid**2
    return Draw(
        {"side": patch * grid, "P": patch, "D": width, "N": patches},
        (patches + 1) * width,
        {
            "no_class": patches * width,
            "two_tables": 2 * grid * width,
            "one_number": patches + 1,
        },
    )


def fine_tuning_tokens(random: Random) -> Draw:
    patch = random.choice([8, 14, 16, 32])
    before, after = random.randrange(7, 20), random.randrange(20, 70)
    return Draw(
        {"before": patch * before, "after": patch * after, "P": patch, "grid": after},
        after**2 + 1,
        {"unchanged": before**2 + 1, "no_class": after**2, "stretched": (patch * after) ** 2 // patch + 1},
    )


def zero_shot_logits_shape(random: Random) -> Draw:
    images, classes, prompts = random.sample(range(5, 60), 3)
    width = random.choice([width for width in (512, 640, 768, 1024) if width != classes * prompts])
    return Draw(
        {"B": images, "K": classes, "T": prompts, "d": width},
        [images, classes],
        {
            "per_prompt": [images, classes * prompts],
            "transposed": [classes, images],
            "embeddings": [images, width],
        },
    )


def contrastive_negatives(random: Random) -> Draw:
    pairs = random.randrange(20, 4_000)
    return Draw(
        {"N": pairs},
        pairs**2 - pairs,
        {"all": pairs**2, "one_row": pairs - 1, "half": pairs * (pairs - 1) // 2},
    )


def contrastive_loss(random: Random) -> Draw:
    def make() -> Draw:
        hundredths = random.sample(range(5, 41), 3)
        scale = random.choice([4, 5, 8, 10, 12])
        cosines = [value / 100 for value in hundredths]
        right = _softmax_of_first([scale * cosine for cosine in cosines])
        return Draw(
            {"s": scale, "c1": cosines[0], "c2": cosines[1], "c3": cosines[2]},
            -math.log(right),
            {
                "unscaled": -math.log(_softmax_of_first(cosines)),
                "probability": right,
                "divided": -math.log(_softmax_of_first([cosine / scale for cosine in cosines])),
            },
        )

    return set_apart(make, least=0.3)


def cosine_similarity(random: Random) -> Draw:
    def make() -> Draw:
        one, other = ([random.randrange(-6, 7) for _ in range(3)] for _ in range(2))
        product = sum(a * b for a, b in zip(one, other, strict=True))
        squares = (sum(a * a for a in one) or 1) * (sum(b * b for b in other) or 1)
        return Draw(
            {"u": vector(one), "v": vector(other), "product": product},
            product / math.sqrt(squares),
            {"product": product, "no_root": product / squares},
        )

    return set_apart(make, gap=0.1, least=0.2)


def joint_projection_parameters(random: Random) -> Draw:
    def make() -> Draw:
        image, text, joint = (64 * size for size in random.sample(range(4, 33), 3))
        return Draw(
            {"di": image, "dt": text, "de": joint},
            image * joint + text * joint,
            {"image_only": image * joint, "text_only": text * joint, "direct": image * text},
        )

    return set_apart(make, gap=0.001)


def _softmax_of_first(scores: list[float]) -> float:
    return math.exp(scores[0]) / sum(math.exp(score) for score in scores)


def half_patch_pairs(random: Random) -> Draw:
    """Pairs of patches once the patches' side is halved."""
    patches = random.randrange(4, 25) * random.randrange(4, 25)
    return Draw(
        {"n": patches, "more": 4 * patches},
        (4 * patches) ** 2,
        {"patches": 4 * patches, "one_side": (2 * patches) ** 2, "before": patches**2},
    )


def scaled_gap(random: Random) -> Draw:
    """How far two logits are apart, given the temperature and two cosines."""

    def make() -> Draw:
        temperature = random.randrange(10, 100) / 1000
        high, low = sorted(random.sample(range(-10, 60), 2), reverse=True)
        gap = (high - low) / 100
        return Draw(
            {"t": temperature, "high": high / 100, "low": low / 100},
            gap / temperature,
            {"multiplied": gap * temperature, "unscaled": gap, "no_other": high / 100 / temperature},
        )

    return set_apart(make, least=0.01)


def hard_distillation_loss(random: Random) -> Draw:
    """Half the cross-entropy of each of two heads, in nats."""

    def make() -> Draw:
        label, teacher = (random.randrange(5, 96) / 100 for _ in range(2))
        first, second = -math.log(label), -math.log(teacher)
        return Draw(
            {"p": label, "q": teacher},
            (first + second) / 2,
            {"sum": first + second, "label_only": first, "mean_first": -math.log((label + teacher) / 2)},
        )

    return set_apart(make, gap=0.03, least=0.05)


VISION: Final[tuple[Generator, ...]] = (
    patch_tokens_shape,
    flattened_patches_shape,
    patch_projection_parameters,
    position_table_parameters,
    fine_tuning_tokens,
    zero_shot_logits_shape,
    contrastive_negatives,
    contrastive_loss,
    cosine_similarity,
    joint_projection_parameters,
    half_patch_pairs,
    scaled_gap,
    hard_distillation_loss,
)
