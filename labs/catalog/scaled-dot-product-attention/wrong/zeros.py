# fails: values, averages, large-logits
# baseline: zeros
import torch


def attention(q, _k, _v):
    return torch.zeros_like(q)
