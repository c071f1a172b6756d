"""Six katas of axes, without loops. The README says what each returns."""

from torch import Tensor


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(B, T, heads · D) -> (B, heads, T, D): head h gets the h-th block of D features."""
    raise NotImplementedError("split_heads is still to be written: cut the last axis in two with view")


def bilinear(x: Tensor, w: Tensor, y: Tensor) -> Tensor:
    """(B, I), (O, I, J), (B, J) -> (B, O): sum over i and j of x[b, i] · w[o, i, j] · y[b, j]."""
    raise NotImplementedError("bilinear is still to be written: torch.einsum('bi,oij,bj->…', x, w, y)")


def pick(logits: Tensor, ids: Tensor) -> Tensor:
    """(B, T, V), (B, T) int64 -> (B, T): logits[b, t, ids[b, t]]."""
    raise NotImplementedError("pick is still to be written: logits.gather(-1, …) wants as many axes as logits has")


def running_mean(x: Tensor) -> Tensor:
    """(B, T, D) -> (B, T, D): at position t the mean of positions 0 to t."""
    raise NotImplementedError("running_mean is still to be written: x.cumsum(dim=1) is the sum so far")


def patches(images: Tensor, size: int) -> Tensor:
    """(B, C, R · size, K · size) -> (B, R · K, C · size · size): patches row by row, in each channel, row, column."""
    raise NotImplementedError("patches is still to be written: view as (B, C, R, size, K, size), then permute")


def windows(x: Tensor, size: int) -> Tensor:
    """(B, T) -> (B, T - size + 1, size): all windows of neighbouring places, in order."""
    raise NotImplementedError("windows is still to be written: a table of places, starts[:, None] + torch.arange(size)")
