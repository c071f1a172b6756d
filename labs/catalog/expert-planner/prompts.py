"""Prompts that do not name their digit, drawn anew: phrases for digits, in sentences of which some are held back."""

import random

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SENTENCES = (
    "draw {}",
    "please draw {}",
    "show me {}",
    "i would like to see {}",
    "paint one picture of {}",
    "can you sketch {} for me",
    "two colours are enough for {}",
    "make {} in white on black",
    "a drawing of {} please",
    "let us have {} now",
)
HELD_BACK = 4


def phrases() -> list[tuple[str, int]]:
    """All phrases and their digits; each names some other digit or, for zero, the same by chance."""
    after = [(f"what comes after {WORDS[k]}", k + 1) for k in range(9)]
    before = [(f"what comes before {WORDS[k]}", k - 1) for k in range(1, 10)]
    twice = [(f"twice {WORDS[k]}", 2 * k) for k in range(5)]
    return after + before + twice + [(f"half of {WORDS[2 * k]}", k) for k in range(5)]


def drawn_prompts(rng: random.Random) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Prompts with their digits, to learn from and held back; no sentence is in both."""
    sentences = rng.sample(SENTENCES, len(SENTENCES))
    made = [
        [(sentence.format(phrase), digit) for sentence in part for phrase, digit in phrases()]
        for part in (sentences[HELD_BACK:], sentences[:HELD_BACK])
    ]
    for part in made:
        rng.shuffle(part)
    return made[0], made[1]
