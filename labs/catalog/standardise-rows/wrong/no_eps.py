# fails: constant-row, values
# mistake: no-eps
# says: values are not finite; the first is nan
from torch import Tensor


def standardise(x: Tensor) -> Tensor:
    return (x - x.mean(dim=-1, keepdim=True)) / x.std(dim=-1, correction=0, keepdim=True)
