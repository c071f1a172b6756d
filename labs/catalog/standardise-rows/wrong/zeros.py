# fails: values
# baseline: zeros
import torch
from torch import Tensor


def standardise(x: Tensor) -> Tensor:
    return torch.zeros_like(x)
