# fails: values
# mistake: scaled-by-d
import torch


def attention(q, k, v):
    return torch.softmax(q @ k.transpose(-2, -1) / q.shape[-1], dim=-1) @ v
