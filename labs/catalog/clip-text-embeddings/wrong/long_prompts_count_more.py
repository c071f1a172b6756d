# fails: class-vectors
# mistake: long-ones-count-more
"""Prompts are averaged before they are made unit."""

import torch
from torch import Tensor, nn
from transformers import CLIPTextModelWithProjection


def batch(rows: list[list[int]], bos: int, eos: int, length: int) -> tuple[Tensor, Tensor]:
    """Texts as lists of ids become ids and mask, both int64 (N, length)."""
    ids = torch.full((len(rows), length), eos)
    mask = torch.zeros(len(rows), length, dtype=torch.long)
    for at, row in enumerate(rows):
        text = [bos, *row[: length - 2], eos]  # cut the text, never its ends
        ids[at, : len(text)] = torch.tensor(text)
        mask[at, : len(text)] = 1
    return ids, mask


def pool(states: Tensor, ids: Tensor, eos: int) -> Tensor:
    """The state at each row's first end token: (N, S, D), (N, S) -> (N, D)."""
    ends = (ids == eos).int().argmax(dim=1)  # of equal values argmax names the first
    return states[torch.arange(len(ids)), ends]


def unit(x: Tensor) -> Tensor:
    return x / x.norm(dim=-1, keepdim=True)


def embed(model: CLIPTextModelWithProjection, ids: Tensor) -> Tensor:
    """Unit vectors of texts: ids (N, S) -> (N, P)."""
    with torch.no_grad():
        states = model.text_model(input_ids=ids).last_hidden_state  # (N, S, D), behind the last norm
        return unit(model.text_projection(pool(states, ids, model.config.eos_token_id)))


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Of every row of a with every row of b: (N, D), (M, D) -> (N, M)."""
    return unit(a) @ unit(b).T


def class_vectors(vectors: Tensor) -> Tensor:
    """One unit vector per class from the vectors of its prompts: (C, T, D) -> (C, D)."""
    return unit(vectors.mean(dim=1))


def contrastive_loss(text: Tensor, image: Tensor, log_scale: Tensor) -> Tensor:
    """Row n of one side belongs to row n of the other: (N, D), (N, D), () -> ()."""
    logits = log_scale.exp() * cosine(text, image)  # (N, N), a row per text
    pairs = torch.arange(len(text))
    return (nn.functional.cross_entropy(logits, pairs) + nn.functional.cross_entropy(logits.T, pairs)) / 2
