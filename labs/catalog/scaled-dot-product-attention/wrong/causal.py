# fails: values, large-logits
# mistake: causal
import torch


def attention(q, k, v):
    logits = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    later = torch.ones(logits.shape[-2:], dtype=torch.bool).triu(1)
    return torch.softmax(logits.masked_fill(later, float("-inf")), dim=-1) @ v
