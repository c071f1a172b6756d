# fails: forward, loss, large-logits, dlogits, output-layer, hidden-layer, gradcheck, descent
# baseline: zeros of the right shapes
"""Trivial baseline: zeros of the right shapes."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Params = dict[str, Array]


def forward(params: Params, x: Array) -> tuple[Array, Array]:
    return np.zeros((len(x), len(params["b2"]))), x


def loss(logits: Array, y: NDArray[np.int64]) -> tuple[float, Array]:
    del y
    return 0.0, np.zeros_like(logits)


def backward(params: Params, cache: Array, dlogits: Array) -> Params:
    del dlogits
    return {name: np.zeros_like(value) for name, value in {**params, "x": cache}.items()}
