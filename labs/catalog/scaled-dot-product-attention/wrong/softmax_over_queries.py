# fails: values, averages
# mistake: softmax-over-queries
import torch


def attention(q, k, v):
    logits = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    return torch.softmax(logits, dim=-2) @ v
