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


def shots_in_context(random: Random) -> Draw:
    def make() -> Draw:
        window, example = random.choice([1024, 2048, 4096]), random.randrange(20, 150)
        question, answer = random.randrange(20, 200), random.randrange(30, 150)
        return Draw(
            {"T": window, "e": example, "q": question, "a": answer},
            (window - question - answer) // example,
            {
                "no_question": window // example,
                "no_answer": (window - question) // example,
                "rounded_up": -((question + answer - window) // example),
            },
        )

    return set_apart(make, gap=0)


def swiglu_parameters(random: Random) -> Draw:
    def make() -> Draw:
        width, hidden = (64 * size for size in random.sample(range(4, 190), 2))
        return Draw(
            {"d": width, "h": hidden},
            3 * width * hidden,
            {"two": 2 * width * hidden, "square": 3 * width**2, "biases": 3 * width * hidden + 2 * hidden + width},
        )

    return set_apart(make, gap=0)


def pair_count(random: Random) -> Draw:
    """How often `w e` occurs in four words with drawn counts."""

    def make() -> Draw:
        low, lower, newest, widest = random.sample(range(3, 70), 4)
        return Draw(
            {"a": low, "b": lower, "c": newest, "d": widest},
            lower + newest,
            {"words": 2, "one_word": max(lower, newest), "every_w": low + lower + newest + widest},
        )

    return set_apart(make, gap=0)


def rag_sequence(random: Random) -> Draw:
    def make() -> Draw:
        prior = random.randrange(2, 9) / 10
        (a, b), (c, d) = ([random.randrange(1, 10) / 10 for _ in range(2)] for _ in range(2))
        rest = round(1 - prior, 1)
        return Draw(
            {"p": prior, "r": rest, "a": a, "b": b, "c": c, "d": d},
            prior * a * b + rest * c * d,
            {
                "token": (prior * a + rest * c) * (prior * b + rest * d),
                "first_only": prior * a * b,
                "unweighted": a * b + c * d,
            },
        )

    return set_apart(make, gap=0.03, least=0.05)


def ranked_comparisons(random: Random) -> Draw:
    outputs = random.randrange(4, 61)
    return Draw(
        {"K": outputs},
        outputs * (outputs - 1) // 2,
        {"squared": outputs**2, "ordered": outputs * (outputs - 1), "neighbours": outputs - 1},
    )


def preference_loss(random: Random) -> Draw:
    def make() -> Draw:
        chosen, other = (random.randrange(-20, 21) / 10 for _ in range(2))
        gap = chosen - other
        return Draw(
            {"w": chosen, "l": other, "gap": round(gap, 1)},
            math.log1p(math.exp(-gap)),
            {"swapped": math.log1p(math.exp(gap)), "probability": 1 / (1 + math.exp(-gap)), "gap": gap},
        )

    return set_apart(make, least=0.05)


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
    shots_in_context,
    swiglu_parameters,
    pair_count,
    rag_sequence,
    ranked_comparisons,
    preference_loss,
)
