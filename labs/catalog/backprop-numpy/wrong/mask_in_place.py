# fails: inputs-untouched
# says: changed its input `dlogits` in place
"""The caller's gradient is used as a scratch pad after it has served."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Params = dict[str, Array]


def forward(params: Params, x: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    z = x @ params["w1"] + params["b1"]
    h = np.maximum(z, 0)
    return h @ params["w2"] + params["b2"], (x, z, h)


def loss(logits: Array, y: NDArray[np.int64]) -> tuple[float, Array]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    target = np.eye(logits.shape[1])[y]
    return -(log_p * target).sum(axis=1).mean(), (np.exp(log_p) - target) / len(y)


def backward(params: Params, cache: tuple[Array, Array, Array], dlogits: Array) -> Params:
    x, z, h = cache
    given, dlogits = dlogits, dlogits.copy()
    given[:] = 0
    dh = dlogits @ params["w2"].T
    dz = dh * (z > 0)
    return {
        "w1": x.T @ dz,
        "b1": dz.sum(axis=0),
        "w2": h.T @ dlogits,
        "b2": dlogits.sum(axis=0),
        "x": dz @ params["w1"].T,
    }
