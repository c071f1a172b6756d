"""An MLP with one hidden layer, its loss, and its gradients, in NumPy.

Choices: rows are samples, so that a layer is x @ w + b; each function returns what the next one needs, and the backward
pass reads the forward pass from bottom to top, line by line.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Params = dict[str, Array]


def forward(params: Params, x: Array) -> tuple[Array, dict[str, Array]]:
    """x (N, I) -> logits (N, O), and what `backward` will need."""
    z = x @ params["w1"] + params["b1"]  # (N, I) @ (I, H) -> (N, H)
    h = np.maximum(z, 0.0)  # (N, H)
    logits = h @ params["w2"] + params["b2"]  # (N, H) @ (H, O) -> (N, O)
    return logits, {"x": x, "z": z, "h": h}


def loss(logits: Array, y: NDArray[np.int64]) -> tuple[float, Array]:
    """Mean cross-entropy of logits (N, O) against classes y (N,), and its gradient by the logits, (N, O)."""
    rows = np.arange(len(y))
    shifted = logits - logits.max(axis=1, keepdims=True)  # softmax stays the same, and exp cannot overflow
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # (N, O)
    dlogits = np.exp(log_p)  # the probabilities …
    dlogits[rows, y] -= 1.0  # … minus one at the right class
    return -log_p[rows, y].mean(), dlogits / len(y)  # the mean over N rows divides the gradient too


def backward(params: Params, cache: dict[str, Array], dlogits: Array) -> Params:
    """Gradients by x, w1, b1, w2 and b2, each with the shape of what it belongs to."""
    dh = dlogits @ params["w2"].T  # (N, O) @ (O, H) -> (N, H)
    dz = dh * (cache["z"] > 0)  # ReLU's slope is 1 or 0, by the sign of what went in
    return {
        "w2": cache["h"].T @ dlogits,  # (H, N) @ (N, O): the sum over rows is in the product
        "b2": dlogits.sum(axis=0),  # the bias was added to each row, so it collects from each
        "w1": cache["x"].T @ dz,
        "b1": dz.sum(axis=0),
        "x": dz @ params["w1"].T,
    }
