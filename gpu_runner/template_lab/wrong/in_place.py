# fails: gradients, input-untouched
from torch import Tensor


def centre(x: Tensor) -> Tensor:
    x -= x.mean(dim=-1, keepdim=True)
    return x
