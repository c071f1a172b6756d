"""What people get wrong about quantisation: the reference with one ingredient changed."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from reference import Mixed, Scheme, restored


def schemes(right: Scheme) -> list[tuple[str, str, Scheme]]:
    """Wrong ways beside a right one."""
    both = [
        ("toward-zero", "integers cut off instead of rounded", replace(right, rounded=torch.trunc)),
        ("rounded-down", "integers rounded down", replace(right, rounded=torch.floor)),
    ]
    if not right.symmetric:
        return [
            *both,
            ("no-zero-inside", "a range that need not hold zero", replace(right, with_zero=False)),
            ("zero-negated", "a zero point of the wrong sign", replace(right, zero_sign=-1)),
        ]
    return [
        *both,
        (
            "half-of-levels",
            "the largest magnitude divided by 2^(bits-1), a level too many",
            replace(right, top=lambda b: 2 ** (b - 1)),
        ),
        (
            "all-levels",
            "the largest magnitude divided by 2^bits − 1, as if signs were free",
            replace(right, top=lambda b: 2**b - 1),
        ),
        ("one-for-all", "one scale for the whole tensor", replace(right, pieces="tensor")),
        ("one-per-column", "scales shared along the rows of a column", replace(right, pieces="columns")),
        ("one-per-row", "one scale for a row instead of one for each group", replace(right, pieces="rows")),
        (
            "largest-not-magnitude",
            "the largest value instead of the largest magnitude",
            replace(right, pieces="signed"),
        ),
    ]


def zero_added(q: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    return restored(q, scale, -zero)


def zero_after_scale(q: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    offset = zero.double().repeat_interleave(q.size(1) // zero.size(1), 1)
    return restored(q, scale, torch.zeros_like(zero)) - offset


def zero_forgotten(q: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    return restored(q, scale, torch.zeros_like(zero))


def divided(q: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    return restored(q, 1 / scale, zero)


RESTORED: list[tuple[str, str, Callable[[Tensor, Tensor, Tensor], Tensor]]] = [
    ("zero-added", "weights with the zero point added", zero_added),
    ("zero-after-scale", "weights with the zero point subtracted after scaling", zero_after_scale),
    ("zero-forgotten", "weights without the zero point", zero_forgotten),
    ("divided", "integers divided by the scale", divided),
]


def packed(q: Tensor) -> Tensor:
    nibbles = q.long() % 16
    return (nibbles[:, 0::2] + 16 * nibbles[:, 1::2]).double()


def packed_high_first(q: Tensor) -> Tensor:
    nibbles = q.long() % 16
    return (16 * nibbles[:, 0::2] + nibbles[:, 1::2]).double()


def packed_halves(q: Tensor) -> Tensor:
    low, high = (q.long() % 16).chunk(2, dim=1)
    return (low + 16 * high).double()


def packed_shifted(q: Tensor) -> Tensor:
    nibbles = q.long() + 8
    return (nibbles[:, 0::2] + 16 * nibbles[:, 1::2]).double()


PACKS: list[tuple[str, str, Callable[[Tensor], Tensor]]] = [
    ("high-first", "bytes with the first integer in the high half", packed_high_first),
    ("halves", "bytes of the left half of a row with the right half", packed_halves),
    ("shifted", "bytes of integers plus 8", packed_shifted),
]


def unpacked(packed: Tensor, signed: bool = True, high_first: bool = False) -> Tensor:
    parts = [packed.long() % 16, packed.long() // 16]
    nibbles = torch.stack(parts[::-1] if high_first else parts, dim=-1).flatten(1)
    return torch.where(nibbles > 7, nibbles - 16, nibbles).double() if signed else nibbles.double()


def unpacked_halves(packed: Tensor) -> Tensor:
    nibbles = torch.cat([packed.long() % 16, packed.long() // 16], dim=1)
    return torch.where(nibbles > 7, nibbles - 16, nibbles).double()


UNPACKS: list[tuple[str, str, Callable[[Tensor], Tensor]]] = [
    ("no-signs", "integers from 0 to 15: the signs are lost", lambda p: unpacked(p, signed=False)),
    ("minus-eight", "integers minus 8", lambda p: unpacked(p, signed=False) - 8),
    ("high-first", "integers with each pair in reverse", lambda p: unpacked(p, high_first=True)),
    ("halves", "all low halves and then all high halves", unpacked_halves),
]


def of_weights(_x: Tensor, w: Tensor, threshold: float) -> Tensor:
    return (w.abs() > threshold).any(0)


def in_every_token(x: Tensor, _w: Tensor, threshold: float) -> Tensor:
    return (x.abs() > threshold).all(0)


def without_sign(x: Tensor, _w: Tensor, threshold: float) -> Tensor:
    return (x > threshold).any(0)


def none(x: Tensor, _w: Tensor, _threshold: float) -> Tensor:
    return torch.zeros(x.size(1), dtype=torch.bool)


def every(x: Tensor, _w: Tensor, _threshold: float) -> Tensor:
    large = torch.ones(x.size(1), dtype=torch.bool)
    large[0] = False
    return large


PRODUCTS: list[tuple[str, str, Mixed]] = [
    ("no-outliers", "a product all in eight bits", Mixed(large=none)),
    ("dropped", "a product without the outlier features", Mixed(apart=0.0)),
    ("of-weights", "outliers looked for in the weights", Mixed(large=of_weights)),
    ("in-every-token", "outliers only where every token has one", Mixed(large=in_every_token)),
    ("positive-alone", "outliers of positive sign alone", Mixed(large=without_sign)),
    ("one-scale", "one scale for all tokens and one for all outputs", Mixed(scheme=Scheme(8, pieces="tensor"))),
]


def full(x: Tensor, w: Tensor, _threshold: float) -> Tensor:
    return x.double() @ w.double().mT
