# fails: values, averages, large-logits
# mistake: no-softmax
def attention(q, k, v):
    return q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5 @ v
