"""Text to vectors with CLIP. The README holds the contract; six places are marked TODO."""

from torch import Tensor
from transformers import CLIPTextModelWithProjection


def batch(rows: list[list[int]], bos: int, eos: int, length: int) -> tuple[Tensor, Tensor]:
    """Texts as lists of ids become ids and mask, both int64 (N, length)."""
    # TODO 1: start token, text, end token, then the end token again as padding; the mask says which are no padding.
    raise NotImplementedError("TODO 1: pad the rows in batch()")


def pool(states: Tensor, ids: Tensor, eos: int) -> Tensor:
    """The state at each row's first end token: (N, S, D), (N, S) -> (N, D)."""
    # TODO 2: where does eos stand first in each row?
    raise NotImplementedError("TODO 2: pick one state per row in pool()")


def embed(model: CLIPTextModelWithProjection, ids: Tensor) -> Tensor:
    """Unit vectors of texts: ids (N, S) -> (N, P)."""
    # TODO 3: states, pool, projection, length one. model.config.eos_token_id is the end token.
    raise NotImplementedError("TODO 3: turn ids into unit vectors in embed()")


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Of every row of a with every row of b: (N, D), (M, D) -> (N, M)."""
    # TODO 4: divide both sides by their lengths.
    raise NotImplementedError("TODO 4: compare all pairs of rows in cosine()")


def class_vectors(vectors: Tensor) -> Tensor:
    """One unit vector per class from the vectors of its prompts: (C, T, D) -> (C, D)."""
    # TODO 5: every prompt counts alike.
    raise NotImplementedError("TODO 5: average directions in class_vectors()")


def contrastive_loss(text: Tensor, image: Tensor, log_scale: Tensor) -> Tensor:
    """Row n of one side belongs to row n of the other: (N, D), (N, D), () -> ()."""
    # TODO 6: cross-entropy over the rows and over the columns of one matrix, averaged.
    raise NotImplementedError("TODO 6: compute the loss of both directions in contrastive_loss()")
