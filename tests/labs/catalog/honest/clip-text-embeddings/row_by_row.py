"""One row after the other, with lists and einsum."""

import torch


def batch(rows, bos, eos, length):
    ids, mask = [], []
    for row in rows:
        text = [bos, *row][: length - 1]
        text.append(eos)
        pads = length - len(text)
        ids.append(text + pads * [eos])
        mask.append(len(text) * [1] + pads * [0])
    return torch.tensor(ids), torch.tensor(mask)


def pool(states, ids, eos):
    return torch.stack([state[row.tolist().index(eos)] for state, row in zip(states, ids, strict=True)])


@torch.no_grad()
def embed(model, ids):
    vectors = []
    for row in ids:
        end = row.tolist().index(model.config.eos_token_id)
        states = model.text_model(input_ids=row[None, : end + 1]).last_hidden_state  # the text alone, unpadded
        vectors.append(torch.einsum("d,pd->p", states[0, -1], model.text_projection.weight))
    return torch.stack([v / v.dot(v).sqrt() for v in vectors])


def cosine(a, b):
    lengths = torch.einsum("nd,nd->n", a, a).sqrt()[:, None] * torch.einsum("md,md->m", b, b).sqrt()
    return torch.einsum("nd,md->nm", a, b) / lengths


def class_vectors(vectors):
    means = (vectors / vectors.norm(dim=2, keepdim=True)).mean(1)
    return means / means.norm(dim=1, keepdim=True)


def contrastive_loss(text, image, log_scale):
    logits = cosine(text, image) * torch.exp(log_scale)
    right = logits.diagonal()
    return ((logits.logsumexp(1) - right).mean() + (logits.logsumexp(0) - right).mean()) / 2
