# fails: values, gradients
# baseline: zeros
import torch
from torch import Tensor


def centre(x: Tensor) -> Tensor:
    return torch.zeros_like(x)
