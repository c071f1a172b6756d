# fails: values, large-logits
# baseline: the values back
def attention(_q, _k, v):
    return v.clone()
