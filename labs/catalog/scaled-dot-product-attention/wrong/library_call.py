# fails: by-hand
# says: uses `scaled_dot_product_attention`
from torch.nn import functional


def attention(q, k, v):
    return functional.scaled_dot_product_attention(q, k, v)
