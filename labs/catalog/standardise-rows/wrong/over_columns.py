# fails: mean, values, constant-row
# mistake: over-columns
from torch import Tensor


def standardise(x: Tensor) -> Tensor:
    return (x - x.mean(dim=0, keepdim=True)) / (x.var(dim=0, correction=0, keepdim=True) + 1e-5) ** 0.5
