# fails: large-logits
# says: values are not finite; the first is nan
def attention(q, k, v):
    shares = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).exp()
    return shares / shares.sum(dim=-1, keepdim=True) @ v
