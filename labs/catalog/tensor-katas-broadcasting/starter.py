"""Six katas of broadcasting, without loops. The README says what each returns."""

from torch import Tensor


def differences(a: Tensor, b: Tensor) -> Tensor:
    """(N,), (M,) -> (N, M): a[n] - b[m]."""
    raise NotImplementedError("differences is still to be written: give `a` a second axis of size one, a[:, None]")


def standardise(x: Tensor) -> Tensor:
    """(N, D) -> (N, D): every column with mean 0 and (population) standard deviation 1."""
    raise NotImplementedError("standardise is still to be written: the means of the columns are x.mean(dim=0)")


def distances(x: Tensor, y: Tensor) -> Tensor:
    """(N, D), (M, D) -> (N, M): the Euclidean distance of row n of x and row m of y."""
    raise NotImplementedError("distances is still to be written: what shape has x[:, None, :] - y[None, :, :]?")


def one_hot(y: Tensor, classes: int) -> Tensor:
    """(N,) int64 -> (N, classes) float32: 1 at the row's class, 0 elsewhere."""
    raise NotImplementedError("one_hot is still to be written: compare y[:, None] with torch.arange(classes)")


def visible(lengths: Tensor, tokens: int) -> Tensor:
    """(B,) int64 -> (B, tokens, tokens) bool: may query t see key s? If s <= t and s < lengths[b]."""
    raise NotImplementedError("visible is still to be written: begin with the (T, T) mask of s <= t")


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """(B, T, D), (B, T) bool -> (B, D): the mean over the places where mask is true; 0 where there are none."""
    raise NotImplementedError("masked_mean is still to be written: a sum over visible places, divided by their number")
