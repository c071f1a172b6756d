"""Checks for byte-pair encoding: texts are drawn, and tokens compared exactly."""

from collections.abc import Callable
from functools import partial

from gpu_runner.checking import Lab, Misconception, check
from misconceptions import DECODING, ENCODING, TRAINING, leftmost, longest, whole
from reference import PIECE, Pair, Trainer, decode, encode, numbers

MERGES = 60
WAYS = (encode, longest, leftmost)
"""One text in twenty has the same tokens in two of these ways; another is drawn then."""
SCRIPTS = [(0x20, 0x7E), (0xA1, 0x17F), (0x391, 0x3C9), (0x905, 0x939), (0x4E00, 0x4EFF), (0x1F600, 0x1F64F)]
"""Latin with and without accents, Greek, Devanagari, Chinese, faces: one to four bytes a character."""


def known(mistakes: list[tuple[str, str, Callable[..., object]]], *on: object) -> list[Misconception]:
    return [Misconception(key, text, partial(lambda fn: numbers(fn(*on)), fn)) for key, text, fn in mistakes]


def prose(lab: Lab, sentences: int) -> str:
    """Sentences of Python's documentation, drawn and put in order anew."""
    lines = lab.data("data/sentences.txt").decode().splitlines()
    return "\n".join(lab.random.sample(lines, sentences))


def babble(lab: Lab, characters: int, scripts: list[tuple[int, int]] = SCRIPTS) -> str:
    """Characters of many scripts, some of them several times in a row, with white space of several kinds."""
    out = []
    while len(out) < characters:
        low, high = lab.random.choice(scripts)
        drawn = [chr(lab.random.randint(low, high))] * lab.random.choice([1, 1, 1, 2, 3])
        out += lab.random.choice([drawn, drawn, drawn, [" "], ["\n", " "], ["\t"], [" ", " "], ["_"], ["7"]])
    return "".join(out)


def syllables(lab: Lab, words: int) -> str:
    """Short words of few letters, in which many pairs are equally frequent and letters repeat."""
    return " ".join("".join(lab.random.choices("abcd", k=lab.random.randint(2, 5))) for _ in range(words))


def compare_training(lab: Lab, text: str, merges: int, hint: str = "") -> None:
    out = lab.probe("train", text, merges)
    expected = numbers(Trainer()(text, merges)).reshape(-1, 2)
    options = {"dtype": expected.dtype, "misconceptions": known(TRAINING, text, merges), "hint": hint}
    lab.equals(out, expected, axes="merge pair", **options)


@check("train")
def the_merges_equal_the_references(lab: Lab) -> None:
    compare_training(lab, prose(lab, 120), MERGES)


@check("ties")
def ties_go_to_the_smallest_pair(lab: Lab) -> None:
    compare_training(lab, syllables(lab, 60), 30, "Of equally frequent pairs the smallest is merged: min(pairs).")


@check("repeats")
def repeated_letters_are_counted_and_merged(lab: Lab) -> None:
    letters = one, two, _ = lab.random.sample("abcdefgh", 3)
    runs = [letter * lab.random.randint(2, 9) for letter in letters for _ in range(5)]
    runs += 12 * [2 * one]  # so often that counting pieces once, or pairs across them, leads elsewhere
    lab.random.shuffle(runs)
    text = " ".join([*runs, f"{one}{two}{one}"])
    hint = "In a run of n equal tokens each of the n − 1 neighbouring pairs counts; merging goes from left to right."
    compare_training(lab, text, 16, hint)


@check("short")
def training_stops_when_nothing_is_left(lab: Lab) -> None:
    text = " ".join(lab.random.sample([a + b + c for a in "ab" for b in "cd" for c in "ef"], 3))
    compare_training(lab, text, 40, "Once every piece is one token there is nothing to merge: return what was learnt.")


def draw_merges(lab: Lab, pieces: Callable[[str], list[str]] = PIECE.findall) -> list[Pair]:
    return Trainer(pieces)(prose(lab, 10) + "\n" + syllables(lab, 400) + "\n" + babble(lab, 200), 2 * MERGES)


def compare_encoding(lab: Lab, text: str, merges: list[Pair]) -> None:
    out = lab.probe("encode", text, [list(pair) for pair in merges])
    expected = numbers(encode(text, merges))
    lab.equals(out, expected, axes="token", dtype=expected.dtype, misconceptions=known(ENCODING, text, merges))


@check("encode")
def the_tokens_equal_the_references(lab: Lab) -> None:
    """Some of the merges would cross pieces, and encoding must not let them; the ways to encode differ."""
    merges, text, answers = [], "", set()
    while len(answers) < len(WAYS):
        merges = draw_merges(lab, whole)
        text = prose(lab, 60) + "\n" + syllables(lab, 300)
        answers = {tuple(encoded(text, merges)) for encoded in WAYS}
    compare_encoding(lab, text, merges)


@check("unseen")
def what_was_never_seen_has_tokens_too(lab: Lab) -> None:
    compare_encoding(lab, babble(lab, 300, SCRIPTS[1:]), Trainer()(prose(lab, 80), MERGES))


@check("decode")
def any_tokens_have_a_text(lab: Lab) -> None:
    """A prefix of a right encoding may end within a character, and random tokens are hardly ever UTF-8."""
    merges = draw_merges(lab)
    ids = encode(babble(lab, 120), merges) + [lab.random.randrange(256 + len(merges)) for _ in range(60)]
    out = lab.probe("decode", ids, [list(pair) for pair in merges])
    expected = numbers(decode(ids, merges))
    hint = "These are the text's code points; 65533 is U+FFFD, the sign for broken bytes."
    options = {"dtype": expected.dtype, "misconceptions": known(DECODING, ids, merges), "hint": hint}
    lab.equals(out, expected, axes="character", **options)


@check("there-and-back")
def every_text_comes_back(lab: Lab) -> None:
    merges, text = draw_merges(lab), babble(lab, 400) + prose(lab, 5)
    out = lab.probe("there_and_back", text, [list(pair) for pair in merges])
    hint = "These are the code points of decode(encode(text))."
    options = {"dtype": numbers(text).dtype, "misconceptions": known(DECODING, encode(text, merges), merges)}
    lab.equals(out, numbers(text), axes="character", hint=hint, **options)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("tokenizers", "transformers", "tiktoken", "sentencepiece")
