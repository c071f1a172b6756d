"""Language models: GPT-2's and BERT's parameters, shapes and losses, and how T5 corrupts spans."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart


def gpt2_parameters(random: Random) -> Draw:
    def make() -> Draw:
        width, layers = 64 * random.randrange(2, 26), random.randrange(3, 49)
        vocabulary, context = 1000 * random.randrange(5, 60), 128 * random.randrange(2, 17)
        block = 12 * width**2 + 13 * width
        total = vocabulary * width + context * width + layers * block + 2 * width
        return Draw(
            {"L": layers, "d": width, "V": vocabulary, "T": context},
            total,
            {
                "untied": total + vocabulary * width,
                "no_embeddings": layers * block + 2 * width,
                "no_biases": vocabulary * width + context * width + layers * 12 * width**2,
                "no_positions": total - context * width,
            },
        )

    return set_apart(make, gap=0)


def language_logits_shape(random: Random) -> Draw:
    batch, tokens, heads = random.sample(range(2, 33), 3)
    width, vocabulary = heads * random.randrange(33, 65), 100 * random.randrange(30, 600) + 1
    return Draw(
        {"B": batch, "S": tokens, "d": width, "h": heads, "V": vocabulary},
        [batch, tokens, vocabulary],
        {
            "hidden": [batch, tokens, width],
            "last_only": [batch, vocabulary],
            "weights": [batch, heads, tokens, tokens],
        },
    )


def bits_per_byte(random: Random) -> Draw:
    def make() -> Draw:
        tokens, loss = 100 * random.randrange(10, 200), random.randrange(180, 420) / 100
        size = round(tokens * random.randrange(30, 50) / 10)
        bits = loss * tokens / size / math.log(2)
        return Draw(
            {"bytes": size, "tokens": tokens, "loss": loss},
            bits,
            {
                "nats": loss * tokens / size,
                "per_token": loss / math.log(2),
                "inverted": loss * size / tokens / math.log(2),
            },
        )

    return set_apart(make)


def bert_masked_tokens(random: Random) -> Draw:
    batch, tokens = random.randrange(4, 257), 8 * random.randrange(8, 65)
    total = batch * tokens
    return Draw(
        {"B": batch, "S": tokens},
        0.12 * total,
        {"chosen": 0.15 * total, "random": 0.015 * total, "of_all": 0.8 * total, "altered": 0.135 * total},
    )


def bert_embedding_parameters(random: Random) -> Draw:
    width, vocabulary, context = (
        64 * random.randrange(2, 17),
        500 * random.randrange(8, 70),
        128 * random.randrange(1, 9),
    )
    total = (vocabulary + context + 2) * width + 2 * width
    return Draw(
        {"d": width, "V": vocabulary, "T": context},
        total,
        {
            "no_segments": (vocabulary + context) * width + width,
            "no_norm": total - 2 * width,
            "tokens_only": vocabulary * width,
        },
    )


def bert_classifier_parameters(random: Random) -> Draw:
    width, classes, tokens = 64 * random.randrange(2, 17), random.randrange(3, 40), 64 * random.randrange(1, 9)
    return Draw(
        {"d": width, "K": classes, "S": tokens},
        classes * width + classes,
        {
            "no_bias": classes * width,
            "per_token": classes * width * tokens + classes,
            "square": width * width + width,
        },
    )


def t5_target_length(random: Random) -> Draw:
    def make() -> Draw:
        tokens, spans = random.randrange(80, 513), random.randrange(4, 26)
        noise = spans * random.randrange(2, 5) + random.randrange(1, spans)
        return Draw(
            {"N": tokens, "spans": spans, "noise": noise},
            noise + spans + 1,
            {
                "no_final": noise + spans,
                "no_sentinels": noise,
                "input": tokens - noise + spans,
                "whole": tokens,
            },
        )

    return set_apart(make, gap=0)


def t5_input_length(random: Random) -> Draw:
    """Spans are drawn so that the rate gives a whole number of tokens."""

    def make() -> Draw:
        mean, rate = random.choice([2, 3, 4, 5]), random.choice([10, 15, 20, 25])
        spans = 3 * random.randrange(2, 40)  # 15 % of a whole number of tokens is a multiple of three
        noise = mean * spans
        tokens = 100 * noise // rate
        return Draw(
            {"N": tokens, "rate": rate, "mean": mean, "noise": noise, "spans": spans},
            tokens - noise + spans,
            {"dropped": tokens - noise, "one_each": tokens, "target": noise},
        )

    return set_apart(make, gap=0)


def t5_bias_parameters(random: Random) -> Draw:
    def make() -> Draw:
        layers, heads, buckets = random.randrange(4, 49), random.randrange(5, 65), 2 * random.randrange(8, 33)
        size = random.choice([32, 48, 64, 80, 96, 128])
        return Draw(
            {"L": layers, "h": heads, "buckets": buckets, "dh": size},
            buckets * heads,
            {"per_layer": buckets * heads * layers, "no_heads": buckets, "vectors": buckets * heads * size},
        )

    return set_apart(make, gap=0)


LANGUAGE: Final[tuple[Generator, ...]] = (
    gpt2_parameters,
    language_logits_shape,
    bits_per_byte,
    bert_masked_tokens,
    bert_embedding_parameters,
    bert_classifier_parameters,
    t5_target_length,
    t5_input_length,
    t5_bias_parameters,
)
