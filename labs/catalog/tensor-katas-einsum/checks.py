"""Checks for the katas of axes: the reference writes every index out, which is just what a learner may not do."""

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check


def split_heads(x: Tensor, heads: Tensor) -> Tensor:
    return torch.stack(x.chunk(int(heads), dim=-1), dim=1)


SPLIT = [
    Misconception("view-at-once", "view(B, H, T, D), which mixes tokens and heads", lambda x, h: viewed(x, int(h))),
    Misconception("strided", "heads that take every H-th feature", lambda x, h: strided(x, int(h))),
    Misconception("not-transposed", "(B, T, H, D), the last transposition missing", lambda x, h: split_heads(x, h).mT),
]


def viewed(x: Tensor, heads: int) -> Tensor:
    return x.reshape(len(x), heads, x.size(1), -1)


def strided(x: Tensor, heads: int) -> Tensor:
    return torch.stack([x[..., h::heads] for h in range(heads)], dim=1)


@check("split-heads")
def features_are_split_into_heads(lab: Lab) -> None:
    lab.dims("B T H D", H=(3, 5), D=(3, 6))
    heads = lab.size("H")
    x = lab.normal(f"B T {heads * lab.size('D')}")
    out = lab.call("split_heads", x, heads)
    lab.agrees(out, split_heads, on=(x, torch.tensor(heads)), axes="B H T D", misconceptions=SPLIT)


def bilinear(x: Tensor, w: Tensor, y: Tensor) -> Tensor:
    return torch.stack([torch.stack([one @ form @ other for form in w]) for one, other in zip(x, y, strict=True)])


BILINEAR = [
    Misconception("x-alone", "x through w, without y", lambda x, w, y: (x @ w).sum(-1).mT + 0 * y[:, :1]),
    Misconception("y-alone", "w through y, without x", lambda x, w, y: (w @ y.mT).sum(1).mT + 0 * x[:, :1]),
    Misconception("one-y", "every row of x with the sum of all rows of y", lambda x, w, y: shared(x, w, y.sum(0))),
    Misconception("transposed", "the transposed answer", lambda x, w, y: bilinear(x, w, y).mT),
]


def shared(x: Tensor, w: Tensor, y: Tensor) -> Tensor:
    return bilinear(x, w, y.expand(len(x), -1))


@check("bilinear")
def a_bilinear_form_for_every_output(lab: Lab) -> None:
    x, w, y = lab.normal("B I"), lab.normal("O I J"), lab.normal("B J")
    out = lab.call("bilinear", x, w, y)
    lab.agrees(out, bilinear, on=(x, w, y), axes="B O", misconceptions=BILINEAR)


def pick(logits: Tensor, ids: Tensor) -> Tensor:
    batch, tokens = ids.shape
    return torch.stack([torch.stack([logits[b, t, ids[b, t]] for t in range(tokens)]) for b in range(batch)])


PICK = [
    Misconception("first-row", "the tokens of row 0 for every row", lambda x, i: pick(x, i[:1].expand_as(i))),
    Misconception("next-token", "each position's logit at the next token", lambda x, i: pick(x, i.roll(-1, 1))),
    Misconception("largest", "the largest logit of each position", lambda x, _: x.amax(-1)),
]


@check("pick")
def each_position_has_its_own_token(lab: Lab) -> None:
    lab.dims("B T V", V=(8, 12))
    logits, ids = lab.normal("B T V"), lab.integers("B T", low=0, high=lab.size("V"))
    out = lab.call("pick", logits, ids)
    lab.agrees(out, pick, on=(logits, ids), axes="B T", misconceptions=PICK)


def running_mean(x: Tensor) -> Tensor:
    return torch.stack([x[:, : t + 1].mean(1) for t in range(x.size(1))], dim=1)


MEANS = [
    Misconception(
        "whole-mean", "the mean of all positions at every position", lambda x: x * 0 + x.mean(1, keepdim=True)
    ),
    Misconception("divided-by-all", "sums so far, divided by T", lambda x: x.cumsum(1) / x.size(1)),
    Misconception("sums", "sums so far, not divided", lambda x: x.cumsum(1)),
    Misconception("backwards", "the mean from each position to the end", lambda x: running_mean(x.flip(1)).flip(1)),
    Misconception(
        "one-late",
        "the mean of positions 0 to t − 1",
        lambda x: running_mean(x).roll(1, 1).index_fill(1, torch.tensor([0]), 0),
    ),
    Misconception(
        "over-batch", "a running mean along the batch", lambda x: running_mean(x.transpose(0, 1)).transpose(0, 1)
    ),
]


@check("running-mean")
def the_mean_of_all_positions_so_far(lab: Lab) -> None:
    x = lab.normal("B T D")
    out = lab.call("running_mean", x)
    lab.agrees(out, running_mean, on=(x,), axes="B T D", misconceptions=MEANS)


def patches(images: Tensor, size: Tensor) -> Tensor:
    p, (_, _, height, width) = int(size), images.shape
    corners = [(top, left) for top in range(0, height, p) for left in range(0, width, p)]
    return torch.stack([images[:, :, t : t + p, k : k + p].flatten(1) for t, k in corners], dim=1)


def reshaped(images: Tensor, size: Tensor) -> Tensor:
    right = patches(images, size)
    return images.reshape(right.shape)


def channels_last(images: Tensor, size: Tensor) -> Tensor:
    right = patches(images, size)
    return right.unflatten(2, (images.size(1), -1)).transpose(2, 3).flatten(2)


def by_columns(images: Tensor, size: Tensor) -> Tensor:
    return columns_inside(images.mT, size)


def columns_inside(images: Tensor, size: Tensor) -> Tensor:
    p = int(size)
    return patches(images, size).unflatten(2, (-1, p, p)).mT.flatten(2)


PATCHES = [
    Misconception("reshaped", "a plain reshape, whose rows are no patches", reshaped),
    Misconception("channels-last", "patches with the channel as last axis", channels_last),
    Misconception("by-columns", "patches counted column by column", by_columns),
    Misconception("columns-inside", "patches transposed inside", columns_inside),
]


@check("patches")
def images_are_cut_into_patches(lab: Lab) -> None:
    lab.dims("B C R K p", R=(2, 4), K=(3, 6), p=(2, 8))
    size = lab.size("p")
    lab.fix(N=lab.size("R") * lab.size("K"), F=lab.size("C") * size * size)
    images = lab.normal(f"B C {lab.size('R') * size} {lab.size('K') * size}")
    out = lab.call("patches", images, size)
    lab.agrees(out, patches, on=(images, torch.tensor(size)), axes="B N F", misconceptions=PATCHES)


def windows(x: Tensor, size: Tensor) -> Tensor:
    return torch.stack([x[:, start : start + int(size)] for start in range(x.size(1) - int(size) + 1)], dim=1)


WINDOWS = [
    Misconception("backwards", "windows that run backwards", lambda x, n: windows(x, n).flip(2)),
    Misconception("from-the-end", "windows counted from the end", lambda x, n: windows(x, n).flip(1)),
    Misconception("apart", "windows that do not overlap", lambda x, n: windows(x, n)[:, :: int(n)]),
    Misconception("one-missing", "all windows but the last", lambda x, n: windows(x, n)[:, :-1]),
    Misconception(
        "wrapped", "windows that wrap around the end", lambda x, n: windows(torch.cat([x, x[:, : int(n) - 1]], 1), n)
    ),
]


@check("windows")
def all_windows_of_a_sequence(lab: Lab) -> None:
    lab.dims("B T S", T=(9, 11), S=(3, 5))
    lab.fix(W=lab.size("T") - lab.size("S") + 1)
    x, size = lab.normal("B T"), lab.size("S")
    out = lab.call("windows", x, size)
    lab.agrees(out, windows, on=(x, torch.tensor(size)), axes="B W S", misconceptions=WINDOWS)


@check("no-loops")
def work_does_not_grow(lab: Lab) -> None:
    def arguments(n: int) -> dict[str, list[object]]:
        cube = torch.ones(n, n, n)
        return {
            "split_heads": [cube, n],
            "bilinear": [cube[0], cube, cube[0]],
            "pick": [cube, torch.zeros(n, n, dtype=torch.int64)],
            "running_mean": [cube],
            "patches": [torch.ones(2, 3, 2 * n, 2 * n), 2],
            "windows": [cube[0], 3],
        }

    small, large = arguments(4), arguments(40)
    for name in small:
        few, many = (lab.probe("steps", name, args[name]).integer() for args in (small, large))
        text = f"`{name}` takes {few} steps for sizes of 4 and {many} for sizes of 40: it loops."
        lab.require(many <= few + 20, text, got=many, expected=few)
