"""What people compute instead: the formulas with one ingredient changed. Each text fits after "your answer equals"."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, interpolate, max_pool2d, pad, relu

from gpu_runner.checking import Misconception
from reference import Recipe, Weights, convolve, enlarged, normalise_groups, per_channel, shortcut

Mistakes = list[tuple[str, str, Callable[..., Tensor]]]


def known(mistakes: Mistakes, *on: object) -> list[Misconception]:
    """With `on`, for `lab.equals`; without, for `lab.agrees`."""
    return [Misconception(name, text, partial(fn, *on) if on else fn) for name, text, fn in mistakes]


def over_axes(
    x: Tensor, _groups: int, weight: Tensor, bias: Tensor, eps: float = 1e-5, *, dim: tuple[int, ...]
) -> Tensor:
    variance, mean = torch.var_mean(x, dim=dim, keepdim=True, correction=0)
    return (x - mean) / (variance + eps).sqrt() * per_channel(weight) + per_channel(bias)


def interleaved(x: Tensor, groups: int, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Channel c in group c mod G, instead of c // (C/G)."""
    size, one, zero = x.size(1) // groups, torch.ones_like(weight), torch.zeros_like(bias)
    apart = x.unflatten(1, (size, groups)).transpose(1, 2).flatten(1, 2)
    normal = normalise_groups(apart, groups, one, zero, eps).unflatten(1, (groups, size)).transpose(1, 2).flatten(1, 2)
    return normal * per_channel(weight) + per_channel(bias)


def pixels_alone(x: Tensor, groups: int, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    grouped = x.unflatten(1, (groups, -1))
    variance, mean = torch.var_mean(grouped, dim=2, keepdim=True, correction=0)
    return ((grouped - mean) / (variance + eps).sqrt()).flatten(1, 2) * per_channel(weight) + per_channel(bias)


def eps_outside(x: Tensor, groups: int, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    grouped = x.unflatten(1, (groups, -1)).flatten(2)
    variance, mean = torch.var_mean(grouped, dim=2, keepdim=True, correction=0)
    return ((grouped - mean) / (variance.sqrt() + eps)).reshape(x.shape) * per_channel(weight) + per_channel(bias)


def without_gain(x: Tensor, groups: int, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return normalise_groups(x, groups, torch.ones_like(weight), torch.zeros_like(bias), eps)


GROUPS: Mistakes = [
    ("layer-norm", "a norm over all channels at once", partial(over_axes, dim=(1, 2, 3))),
    ("instance-norm", "a norm of every channel by itself", partial(over_axes, dim=(2, 3))),
    ("batch-norm", "a norm over the batch", partial(over_axes, dim=(0, 2, 3))),
    ("pixels-alone", "a norm of every pixel by itself", pixels_alone),
    ("interleaved", "groups of every G-th channel instead of neighbours", interleaved),
    ("sample-variance", "a variance divided by one less", partial(normalise_groups, correction=1)),
    ("no-gain", "the norm without gain and bias", without_gain),
    ("eps-outside", "ε added outside the root", eps_outside),
    ("eps-1e-6", "ε = 1e-6", lambda *on: normalise_groups(*on[:4], eps=1e-6)),
    ("eps-missing", "a norm without ε", lambda *on: normalise_groups(*on[:4], eps=1e-12)),
]


def waves(t: Tensor, width: int, *, last: int = 0, order: str = "sin cos", base: float = 10_000.0) -> Tensor:
    half = width // 2
    angles = t[:, None] * base ** (-torch.arange(half).double() / (half - last))
    return torch.cat([getattr(angles, name)() for name in order.split()], dim=1)


TIMES: Mistakes = [
    ("cosines-first", "cosines before the sines", partial(waves, order="cos sin")),
    ("ends-at-10000", "frequencies that end at 1/10000 itself", partial(waves, last=1)),
    ("interleaved", "sines and cosines in turns", lambda t, n: waves(t, n).unflatten(1, (2, -1)).mT.flatten(1)),
    ("base-1000", "frequencies with 1000 for 10000", partial(waves, base=1000.0)),
    ("rising", "wavelengths in the place of frequencies", partial(waves, base=1e-4)),
    ("no-cosines", "sines twice", partial(waves, order="sin sin")),
]


def average_norm(x: Tensor, groups: int, weight: Tensor, bias: Tensor) -> Tensor:
    return over_axes(x, groups, weight, bias, dim=(0, 2, 3))


def changed(**ingredients: object) -> Callable[[Recipe], Recipe]:
    return lambda right: replace(right, **ingredients)


def late_time(right: Recipe) -> Callable[..., Tensor]:
    def block(w: Weights, x: Tensor, time: Tensor) -> Tensor:
        return replace(right, add_time=lambda h, _: h)(w, x, time) + right.time(w, time)

    return block


def plain_time(w: Weights, time: Tensor) -> Tensor:
    return (time @ w["time.weight"].mT + w["time.bias"])[:, :, None, None]


def around_the_norm(right: Recipe) -> Callable[..., Tensor]:
    def block(w: Weights, x: Tensor, time: Tensor) -> Tensor:
        branch = replace(right, around=lambda *_: torch.zeros(()))(w, x, time)
        return branch + right.around(w, right.ready(w, "norm1", x))

    return block


def swapped_norms(right: Recipe) -> Callable[..., Tensor]:
    def block(w: Weights, x: Tensor, time: Tensor) -> Tensor:
        if w["norm1.weight"].shape != w["norm2.weight"].shape:
            return right(w, x, time)
        names = {name: name.replace("norm1", "norm3").replace("norm2", "norm1").replace("norm3", "norm2") for name in w}
        return right({names[name]: array for name, array in w.items()}, x, time)

    return block


def cut(right: Recipe) -> Callable[..., Tensor]:
    return lambda w, x, time: shortcut(w, x) + (right(w, x, time) - shortcut(w, x)).detach()


BLOCKS: list[tuple[str, str, Callable[[Recipe], Callable[..., Tensor]]]] = [
    ("no-skip", "a block without the way around", changed(join=lambda _, h: h)),
    ("no-branch", "the way around alone", changed(join=lambda x, _: x)),
    ("no-time", "a block that ignores the time", changed(add_time=lambda h, _: h)),
    ("time-unactivated", "a time that goes in without its SiLU", changed(time=plain_time)),
    ("time-after", "a time added behind the second convolution", late_time),
    ("time-multiplied", "a time that is multiplied and not added", changed(add_time=lambda h, time: h * time)),
    ("relu", "ReLU in the place of SiLU", changed(activate=relu)),
    ("no-activation", "a block without SiLU", changed(activate=lambda x: x)),
    ("activated-first", "SiLU before the norm", changed(activate_first=True)),
    ("no-norm", "a block without norms", changed(normalise=lambda x, *_: x)),
    ("batch-norm", "norms over the batch", changed(normalise=average_norm)),
    ("layer-norm", "norms over all channels at once", changed(normalise=partial(over_axes, dim=(1, 2, 3)))),
    ("around-the-norm", "a way around that starts behind the norm", around_the_norm),
    ("norms-swapped", "norm1 and norm2 exchanged", swapped_norms),
]
CUTS = [("skip-only", "the gradient of the way around alone", cut)]


def strided(w: Weights, x: Tensor, sides: tuple[int, int, int, int]) -> Tensor:
    return conv2d(pad(x, sides), w["conv.weight"], w["conv.bias"], stride=2)


DOWNS: Mistakes = [
    (
        "other-half",
        "every second place, but not from the first on",
        lambda w, x: convolve(w, "conv", x)[..., 1::2, 1::2],
    ),
    ("padded-behind", "a padding on the far sides only", partial(strided, sides=(0, 1, 0, 1))),
    ("unpadded", "a convolution without padding", partial(strided, sides=(0, 0, 0, 0))),
    ("no-stride", "a convolution that does not sample down", lambda w, x: convolve(w, "conv", x)),
    (
        "averaged",
        "a mean over 2 × 2 after the convolution",
        lambda w, x: avg_pool2d(convolve(w, "conv", x), 2, ceil_mode=True),
    ),
    (
        "max-pooled",
        "a maximum over 2 × 2 after the convolution",
        lambda w, x: max_pool2d(convolve(w, "conv", x), 2, ceil_mode=True),
    ),
    (
        "pooled-first",
        "a mean over 2 × 2 before the convolution",
        lambda w, x: convolve(w, "conv", avg_pool2d(x, 2, ceil_mode=True)),
    ),
]


def smooth(x: Tensor, size: tuple[int, ...]) -> Tensor:
    return interpolate(x, size=size, mode="bilinear", align_corners=False)


def zeros_between(x: Tensor, size: tuple[int, ...]) -> Tensor:
    out = x.new_zeros(*x.shape[:2], *size)
    out[..., ::2, ::2] = x
    return out


def joined(
    w: Weights,
    x: Tensor,
    skip: Tensor,
    enlarge: Callable[..., Tensor] = enlarged,
    join: Callable[[Tensor, Tensor], Tensor] = lambda x, skip: torch.cat([x, skip], dim=1),
) -> Tensor:
    return join(convolve(w, "conv", enlarge(x, tuple(skip.shape[2:]))), skip)


def convolved_first(w: Weights, x: Tensor, skip: Tensor) -> Tensor:
    return torch.cat([enlarged(convolve(w, "conv", x), tuple(skip.shape[2:])), skip], dim=1)


def cut_at_the_front(x: Tensor, size: tuple[int, ...]) -> Tensor:
    return enlarged(x, tuple(2 * side for side in x.shape[2:]))[..., -size[0] :, -size[1] :]


UPS: Mistakes = [
    ("skip-first", "the skip in front", partial(joined, join=lambda x, skip: torch.cat([skip, x], dim=1))),
    ("no-skip", "zeros in the place of the skip", lambda w, x, skip: joined(w, x, 0 * skip)),
    (
        "added",
        "the skip added and not joined",
        partial(joined, join=lambda x, skip: x[:, : skip.size(1)] + skip[:, : x.size(1)]),
    ),
    ("bilinear", "a smooth enlargement in the place of repeated pixels", partial(joined, enlarge=smooth)),
    ("zeros-between", "zeros between the pixels instead of repeats", partial(joined, enlarge=zeros_between)),
    ("convolved-first", "a convolution before the enlargement", convolved_first),
    ("cut-at-the-front", "an odd size cut at the front", partial(joined, enlarge=cut_at_the_front)),
]


FIELDS: list[tuple[str, str, Callable[[list[list[int]]], int]]] = [
    ("no-strides", "without the strides", lambda layers: 1 + sum(kernel - 1 for kernel, _ in layers)),
    ("own-stride", "with each layer's own stride counted for itself", lambda layers: fields(layers, own=True)),
    ("whole-kernels", "with whole kernels instead of the kernel less one", lambda layers: fields(layers, less=0)),
    ("from-zero", "without the pixel that it begins with", lambda layers: fields(layers) - 1),
    ("backwards", "with the layers from the last to the first", lambda layers: fields(layers[::-1])),
]


def fields(layers: list[list[int]], *, own: bool = False, less: int = 1) -> int:
    field, apart = 1, 1
    for kernel, stride in layers:
        apart *= stride if own else 1
        field += (kernel - less) * apart
        apart *= 1 if own else stride
    return field
