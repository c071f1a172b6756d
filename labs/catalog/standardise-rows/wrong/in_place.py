# fails: input-untouched
# says: changed its input `x` in place
from torch import Tensor


def standardise(x: Tensor) -> Tensor:
    x -= x.mean(dim=-1, keepdim=True)
    x /= (x.var(dim=-1, correction=0, keepdim=True) + 1e-5) ** 0.5
    return x
