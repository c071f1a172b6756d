# fails: values, gradients
# mistake: over-everything
from torch import Tensor


def centre(x: Tensor) -> Tensor:
    return x - x.mean()
