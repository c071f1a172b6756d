"""An MLP with one hidden layer in NumPy. Write the three functions; the README says what they must do."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Params = dict[str, Array]


def forward(params: Params, x: Array) -> tuple[Array, Any]:
    """x (N, I) -> logits (N, O), and whatever `backward` will need."""
    # 1. z = x @ w1 + b1, (N, H)   2. h = ReLU(z)   3. logits = h @ w2 + b2, (N, O)
    raise NotImplementedError("forward is still to be written: x @ params['w1'] + params['b1'] comes first")


def loss(logits: Array, y: NDArray[np.int64]) -> tuple[float, Array]:
    """Mean cross-entropy of logits (N, O) against classes y (N,), and its gradient by the logits, (N, O)."""
    raise NotImplementedError("loss is still to be written: start with the softmax over each row")


def backward(params: Params, cache: Any, dlogits: Array) -> Params:
    """Gradients by x, w1, b1, w2 and b2, each with the shape of what it belongs to."""
    raise NotImplementedError("backward is still to be written: start at the end, with w2 and b2")
