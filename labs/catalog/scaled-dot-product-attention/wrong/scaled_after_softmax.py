# fails: values, averages, large-logits
# mistake: scaled-after-softmax
import torch


def attention(q, k, v):
    return torch.softmax(q @ k.transpose(-2, -1), dim=-1) / q.shape[-1] ** 0.5 @ v
