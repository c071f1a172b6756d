# fails: shape, values, averages, large-logits
# mistake: transposed-output
import torch


def attention(q, k, v):
    logits = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    return (torch.softmax(logits, dim=-1) @ v).transpose(-2, -1)
