"""The blocks of a U-Net. Write them from the top; the README says what each must do."""

from torch import Tensor, nn


def normalise_groups(x: Tensor, groups: int, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Each group of neighbouring channels of each image to mean 0 and variance 1: (B, C, H, W) -> (B, C, H, W)."""
    raise NotImplementedError(
        "TODO 1: reshape to (B, groups, C // groups, H, W), take mean and variance over dims 2 to 4"
    )


def time_embedding(t: Tensor, width: int) -> Tensor:
    """Sines, then cosines, of t at width/2 frequencies: (B,) -> (B, width)."""
    raise NotImplementedError("TODO 2: angles (B, width/2) are t[:, None] times the frequencies; then sin and cos")


class ResBlock(nn.Module):
    """Two convolutions with the time between them, and a way around both."""

    def __init__(self, c_in: int, c_out: int, c_time: int, groups: int) -> None:
        raise NotImplementedError(
            "TODO 3: super().__init__(), then two norms, two convolutions, a linear map, a shortcut"
        )

    def forward(self, x: Tensor, time: Tensor) -> Tensor:  # (B, c_in, H, W), (B, c_time) -> (B, c_out, H, W)
        raise NotImplementedError("TODO 4: norm, SiLU, convolution; add the time; norm, SiLU, convolution; add x")


class Down(nn.Module):
    """Half the size, rounded up: (B, C, H, W) -> (B, C, ⌈H/2⌉, ⌈W/2⌉)."""

    def __init__(self, channels: int) -> None:
        raise NotImplementedError("TODO 5: super().__init__(), then a 3 × 3 convolution with stride 2 and padding 1")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("TODO 5: call the convolution")


class Up(nn.Module):
    """To the skip's size, then the skip behind it: (B, c_in, h, w), (B, S, H, W) -> (B, c_out + S, H, W)."""

    def __init__(self, c_in: int, c_out: int) -> None:
        raise NotImplementedError("TODO 6: super().__init__(), then a 3 × 3 convolution")

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        raise NotImplementedError("TODO 6: repeat each pixel twice along both sides, cut to the skip, convolve, join")


def load_weights(module: nn.Module, weights: dict[str, Tensor]) -> None:
    """Copy the named arrays into a ResBlock, a Down or an Up."""
    raise NotImplementedError("TODO 7: module.load_state_dict(weights), if your parameters have the arrays' names")


def receptive_field(layers: list[list[int]]) -> int:
    """How many pixels along one side an output can see, through layers of (kernel, stride), first one first."""
    raise NotImplementedError("TODO 8: each layer adds (kernel - 1) times the strides before it")
