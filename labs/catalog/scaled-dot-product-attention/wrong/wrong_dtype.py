# fails: shape, values, averages, large-logits
# says: The dtype is float64; expected float32.
import torch


def attention(q, k, v):
    q, k, v = q.double(), k.double(), v.double()
    return torch.softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, dim=-1) @ v
