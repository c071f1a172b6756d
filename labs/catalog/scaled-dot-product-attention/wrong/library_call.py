# fails: by-hand
from torch.nn import functional


def attention(q, k, v):
    return functional.scaled_dot_product_attention(q, k, v)
