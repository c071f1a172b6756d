# fails: values, averages, large-logits
# mistake: heads-as-length
import torch


def attention(q, k, v):
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))
    logits = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    return (torch.softmax(logits, dim=-1) @ v).transpose(1, 2)
