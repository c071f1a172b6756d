"""einsum, a softmax with an explicit Jacobian product, and a cache that is a closure."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Params = dict[str, Array]


def forward(params: Params, x: Array) -> tuple[Array, Callable[[Array], Params]]:
    z = np.einsum("ni,ih->nh", x, params["w1"]) + params["b1"][None]
    open_gates = np.where(z > 0, 1.0, 0.0)

    def back(g: Array) -> Params:
        dz = np.einsum("no,ho,nh->nh", g, params["w2"], open_gates)
        return {
            "x": np.einsum("nh,ih->ni", dz, params["w1"]),
            "w1": np.einsum("ni,nh->ih", x, dz),
            "b1": np.einsum("nh->h", dz),
            "w2": np.einsum("nh,no->ho", z * open_gates, g),
            "b2": np.einsum("no->o", g),
        }

    return np.einsum("nh,ho->no", z * open_gates, params["w2"]) + params["b2"], back


def loss(logits: Array, y: NDArray[np.int64]) -> tuple[float, Array]:
    top = logits.max(1)
    log_total = top + np.log(np.exp(logits - top[:, None]).sum(1))
    picked = np.take_along_axis(logits, y[:, None], 1)[:, 0]
    gradient = np.exp(logits - log_total[:, None])
    np.put_along_axis(gradient, y[:, None], np.take_along_axis(gradient, y[:, None], 1) - 1, 1)
    return float(np.mean(log_total - picked)), gradient / logits.shape[0]


def backward(params: Params, cache: Callable[[Array], Params], dlogits: Array) -> Params:
    del params
    return cache(dlogits)
