"""What only the lab `byte-level-bpe` needs: its examples by hand, and what Hugging Face's tokenizers say."""

from __future__ import annotations

from tokenizers import Regex, Tokenizer, models
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "byte-level-bpe"


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    bpe = module_from(LAB / "solution.py")

    merges = bpe.train("aab aab", 50)

    assert merges == [(97, 97), (256, 98), (32, 257)]
    assert bpe.encode("aaab", merges) == [256, 97, 98]
    assert bpe.encode("abc", [(98, 99), (97, 98)]) == [97, 256]


def test_the_tokens_are_those_of_hugging_face() -> None:
    bpe, sentences = module_from(LAB / "solution.py"), (LAB / "data" / "sentences.txt").read_text()
    merges = bpe.train(sentences[:8000], 100)
    text = sentences[8000:14000] + " naïve café 日本語 😀😀 a_b  c\n\n7up"

    assert tokenizer(merges).encode(text).ids == bpe.encode(text, merges)


def tokenizer(merges: list[tuple[int, int]]) -> Tokenizer:
    """The same merges, with bytes spelled as GPT-2 spells them."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    spelled = {byte: chr(byte) for byte in printable} | {byte: chr(256 + at) for at, byte in enumerate(others)}
    tokens = [spelled[byte] for byte in range(256)]
    pairs = []
    for left, right in merges:
        pairs.append((tokens[left], tokens[right]))
        tokens.append(tokens[left] + tokens[right])
    made = Tokenizer(models.BPE(vocab={token: at for at, token in enumerate(tokens)}, merges=pairs))
    pieces = Split(Regex(r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+"), "isolated")
    made.pre_tokenizer = Sequence([pieces, ByteLevel(add_prefix_space=False, use_regex=False)])
    return made
