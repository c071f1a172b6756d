"""Route prompts by CLIP embeddings. The README holds the contract; nine places are marked TODO."""

from collections.abc import Callable

from torch import Tensor
from transformers import CLIPTextModelWithProjection, PreTrainedTokenizerFast


def embed(model: CLIPTextModelWithProjection, tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> Tensor:
    """Unit vectors of prompts: N texts -> (N, P)."""
    # TODO 1: tokenizer(texts, ...) with padding and truncation, then as in the lab before this one. If you passed that:
    # from mine.embed import embed as vectors_of
    raise NotImplementedError("TODO 1: turn prompts into unit vectors in embed()")


class Router:
    """Learns from vectors and their classes, and gives probabilities for new vectors."""

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def fit(self, x: Tensor, y: Tensor) -> None:
        # TODO 2: x (N, D) unit vectors, y (N,) classes; whatever was learned before is forgotten.
        raise NotImplementedError("TODO 2: learn from examples in Router.fit")

    def probabilities(self, x: Tensor) -> Tensor:
        # TODO 3: (M, D) -> (M, C), and each row sums to one.
        raise NotImplementedError("TODO 3: give probabilities in Router.probabilities")


def decide(p: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """The class of each row, or -1, and how sure that is: (N, C) -> (N,) int64, (N,)."""
    # TODO 4: the largest probability is the confidence.
    raise NotImplementedError("TODO 4: decide or refuse in decide()")


def macro_f1(truth: Tensor, predicted: Tensor, classes: int) -> float:
    """The mean of the classes' F1; a refusal (-1) is a miss for its class and a false alarm for none."""
    # TODO 5: F1 of a class is 2 · hits / (2 · hits + misses + false alarms).
    raise NotImplementedError("TODO 5: compute the score in macro_f1()")


def folds(groups: Tensor, k: int) -> Tensor:
    """A fold from 0 to k - 1 for each row; groups are dealt out in the order in which they first appear."""
    # TODO 6: two rows of one group must never stand in two folds.
    raise NotImplementedError("TODO 6: deal the groups out in folds()")


def out_of_fold(x: Tensor, y: Tensor, groups: Tensor, k: int, classes: int) -> Tensor:
    """For each row the probabilities of a router that saw no row of its fold: (N, C)."""
    # TODO 7: a fresh Router for each fold.
    raise NotImplementedError("TODO 7: judge each fold by the others in out_of_fold()")


def choose_threshold(p: Tensor, truth: Tensor, target: float) -> float:
    """The smallest confidence such that of all rows at least as sure, a share of `target` is right; else 2."""
    # TODO 8: try the confidences of the rows themselves.
    raise NotImplementedError("TODO 8: find the threshold in choose_threshold()")


def main(arguments: list[str], pipeline: Callable[[list[str]], Tensor], names: list[str], threshold: float) -> int:
    """Print one JSON line per prompt; 0 if all were routed, 1 if any was refused, 2 if there was none."""
    # TODO 9: pipeline(arguments) gives the probabilities, decide() the rest.
    raise NotImplementedError("TODO 9: write the script in main()")
