# fails: values
# mistake: sample-variance
from torch import Tensor


def standardise(x: Tensor) -> Tensor:
    return (x - x.mean(dim=-1, keepdim=True)) / (x.var(dim=-1, keepdim=True) + 1e-5) ** 0.5
