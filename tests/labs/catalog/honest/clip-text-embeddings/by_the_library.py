"""The library does what it can: text_embeds, normalize, cosine_similarity, pad_sequence."""

import torch
from torch.nn.functional import cosine_similarity, normalize
from torch.nn.utils.rnn import pad_sequence


def batch(rows, bos, eos, length):
    texts = [torch.tensor([bos, *row[: length - 2], eos]) for row in rows]
    ids = pad_sequence([*texts, torch.zeros(length, dtype=torch.long)], batch_first=True, padding_value=eos)[:-1]
    lengths = torch.tensor([len(text) for text in texts])
    return ids, (torch.arange(length)[None] < lengths[:, None]).long()


def pool(states, ids, eos):
    firsts = torch.stack([(row == eos).nonzero()[0, 0] for row in ids])
    return states.gather(1, firsts[:, None, None].expand(-1, 1, states.shape[-1])).squeeze(1)


def embed(model, ids):
    return normalize(model(input_ids=ids, attention_mask=torch.ones_like(ids)).text_embeds, dim=-1)


def cosine(a, b):
    return cosine_similarity(a[:, None], b[None], dim=-1)


def class_vectors(vectors):
    return normalize(normalize(vectors, dim=-1).sum(1), dim=-1)


def contrastive_loss(text, image, log_scale):
    chances = cosine(text, image) * log_scale.exp()
    return -(chances.log_softmax(0).diagonal() + chances.log_softmax(1).diagonal()).mean() / 2
