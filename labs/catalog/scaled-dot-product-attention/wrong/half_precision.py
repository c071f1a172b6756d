# fails: values, averages, large-logits
# says: values differ from the reference by more than
import torch


def attention(q, k, v):
    q, k, v = q.bfloat16(), k.bfloat16(), v.bfloat16()
    weights = torch.softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, dim=-1)
    return (weights @ v).float()
