"""Attention and the Transformer's layers: shapes, parameters, memory, positions."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, first_found, set_apart, vector


def attention_weights_shape(random: Random) -> Draw:
    batch, queries, keys = random.sample(range(5, 40), 3)
    heads = random.choice([2, 3, 4])
    width = heads * random.randrange(41, 65)
    return Draw(
        {"B": batch, "h": heads, "Sq": queries, "Sk": keys, "D": width},
        [batch, heads, queries, keys],
        {
            "transposed": [batch, heads, keys, queries],
            "averaged": [batch, queries, keys],
            "output": [batch, heads, queries, width // heads],
        },
    )


def attention_output_shape(random: Random) -> Draw:
    batch, queries, keys = random.sample(range(5, 40), 3)
    heads = random.choice([2, 3, 4])
    key_width, value_width = random.sample(range(40, 97), 2)
    return Draw(
        {"B": batch, "h": heads, "Sq": queries, "Sk": keys, "Dk": key_width, "Dv": value_width},
        [batch, heads, queries, value_width],
        {
            "key_width": [batch, heads, queries, key_width],
            "key_rows": [batch, heads, keys, value_width],
            "weights": [batch, heads, queries, keys],
        },
    )


def attention_weights_mib(random: Random) -> Draw:
    batch, heads = random.sample([3, 5, 6, 8, 10, 12, 16], 2)  # not 2 or 4, the bytes of a number
    length = 64 * random.randrange(5, 33)
    bytes_each, dtype = random.choice([(2, "fp16"), (4, "fp32")])
    elements = batch * heads * length**2
    mib = 2**20
    return Draw(
        {"B": batch, "h": heads, "S": length, "dtype": dtype, "bytes": bytes_each},
        elements * bytes_each / mib,
        {
            "one_head": elements * bytes_each / heads / mib,
            "elements": elements / mib,
            "bits": elements * bytes_each * 8 / mib,
        },
    )


def causal_pairs(random: Random) -> Draw:
    length = random.randrange(12, 400)
    return Draw(
        {"S": length},
        length * (length + 1) // 2,
        {
            "no_diagonal": length * (length - 1) // 2,
            "all_pairs": length**2,
            "half_square": length**2 / 2,
        },
    )


def scaled_logit(random: Random) -> Draw:
    width = random.choice([4, 9, 16])

    def attempt() -> tuple[list[int], list[int], int] | None:
        query = [random.randrange(-5, 6) for _ in range(width)]
        key = [random.randrange(-5, 6) for _ in range(width)]
        product = sum(a * b for a, b in zip(query, key, strict=True))
        # far enough from zero that scaled, unscaled and over-scaled differ
        return (query, key, product) if abs(product) > 5 else None

    query, key, product = first_found(attempt)
    return Draw(
        {"d": width, "q": vector(query), "k": vector(key), "product": product},
        product / math.sqrt(width),
        {"unscaled": product, "by_width": product / width},
    )


def attention_parameters(random: Random) -> Draw:
    heads = random.choice([2, 4, 8, 16])
    width = heads * random.randrange(17, 130)
    return Draw(
        {"d": width, "h": heads, "head": width // heads},
        4 * width**2,
        {
            "no_output": 3 * width**2,
            "full_width_heads": 4 * heads * width**2,
            "one_head": 3 * width * (width // heads) + width**2,
        },
    )


def encoder_layer_parameters(random: Random) -> Draw:
    width = 8 * random.randrange(9, 130)
    hidden = width * random.choice([2, 3, 4])
    attention = 4 * width**2 + 4 * width
    feed_forward = 2 * width * hidden + hidden + width
    norms = 4 * width
    return Draw(
        {"d": width, "ff": hidden, "attention": attention, "feed_forward": feed_forward, "norms": norms},
        attention + feed_forward + norms,
        {
            "no_norms": attention + feed_forward,
            "one_norm": attention + feed_forward + norms // 2,
            "no_biases": 4 * width**2 + 2 * width * hidden + norms,
        },
    )


def position_value(random: Random) -> Draw:
    def attempt() -> Draw | None:
        width = 2 * random.randrange(8, 129)
        pair = random.randrange(1, width // 4)
        position = random.randrange(3, 60)
        angle = position / 10_000 ** (2 * pair / width)
        sine, cosine = math.sin(angle), math.cos(angle)
        halved = math.sin(position / 10_000 ** (pair / width))
        fields = {"d": width, "pos": position, "i": pair, "even": 2 * pair}
        apart = min(abs(sine - cosine), abs(sine - halved), abs(cosine - halved), abs(sine)) > 0.05
        return Draw(fields, sine, {"cosine": cosine, "exponent": halved}) if apart else None

    return first_found(attempt)


def attention_growth(random: Random) -> Draw:
    def make() -> Draw:
        before, after = sorted(16 * size for size in random.sample(range(8, 129), 2))
        times = after / before
        return Draw({"S1": before, "S2": after}, times**2, {"linear": times, "cubic": times**3})

    return set_apart(make)


ATTENTION: Final[tuple[Generator, ...]] = (
    attention_weights_shape,
    attention_output_shape,
    attention_weights_mib,
    causal_pairs,
    scaled_logit,
    attention_parameters,
    encoder_layer_parameters,
    position_value,
    attention_growth,
)
