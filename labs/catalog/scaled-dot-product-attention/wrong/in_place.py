# fails: inputs-untouched
# says: changed its input `q` in place
import torch


def attention(q, k, v):
    q /= q.shape[-1] ** 0.5
    return torch.softmax(q @ k.transpose(-2, -1), dim=-1) @ v
