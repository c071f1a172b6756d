"""The forward process of a diffusion model. Write the five functions; the README says what they must do."""

from torch import Tensor


def betas(kind: str, steps: int, start: float = 1e-4, end: float = 0.02) -> Tensor:
    """Variances that the steps add, float32 (T,); `kind` is "linear", "scaled_linear" or "cosine"."""
    raise NotImplementedError("betas is still to be written: start with kind == 'linear' and torch.linspace")


def alpha_bars(betas: Tensor) -> Tensor:
    """How much of the image's variance is left after each step: (T,) -> (T,)."""
    raise NotImplementedError("alpha_bars is still to be written: each step keeps 1 - beta of what the one before left")


def q_step(x: Tensor, t: Tensor, noise: Tensor, betas: Tensor) -> Tensor:
    """From the state before step t to the one after it: x, noise (B, C, H, W), t (B,) -> (B, C, H, W)."""
    raise NotImplementedError("q_step is still to be written: take betas[t] first, one number for each image")


def q_sample(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    """From the image straight to the state after step t: x0, noise (B, C, H, W), t (B,) -> (B, C, H, W)."""
    raise NotImplementedError("q_sample is still to be written: take bars[t] first, one number for each image")


def snr(bars: Tensor) -> Tensor:
    """Signal-to-noise ratio after each step, a ratio of variances: (T,) -> (T,)."""
    raise NotImplementedError("snr is still to be written: one line")
