"""One sample after the other, outer products, and gradients added up."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Params = dict[str, Array]


def forward(params: Params, x: Array) -> tuple[Array, list[tuple[Array, Array]]]:
    seen = [(row, np.clip(params["w1"].T.dot(row) + params["b1"], 0, None)) for row in x]
    return np.stack([params["w2"].T.dot(h) + params["b2"] for _, h in seen]), seen


def loss(logits: Array, y: NDArray[np.int64]) -> tuple[np.float64, Array]:
    total, gradient = np.float64(0), np.empty_like(logits)
    for n, (row, k) in enumerate(zip(logits, y, strict=True)):
        e = np.exp(row - np.max(row))
        p = e / np.sum(e)
        total += np.log(np.sum(e)) - (row[k] - np.max(row))
        gradient[n] = p
        gradient[n, k] -= 1
    return total / len(y), gradient / len(y)


def backward(params: Params, cache: list[tuple[Array, Array]], dlogits: Array) -> Params:
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    rows = []
    for (x, h), g in zip(cache, dlogits, strict=True):
        dz = params["w2"].dot(g) * np.sign(h)
        grads["w2"] += np.outer(h, g)
        grads["b2"] += g
        grads["w1"] += np.outer(x, dz)
        grads["b1"] += dz
        rows.append(params["w1"].dot(dz))
    return {**grads, "x": np.array(rows)}
