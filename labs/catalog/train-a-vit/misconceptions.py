"""What people compute instead: one ingredient changed. Texts fit after "equals"."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, gelu, interpolate

from gpu_runner.checking import Misconception
from reference import STEM, Recipe, Training, Weights, cut, pasted, resized


def down_the_columns(images: Tensor, patch: int) -> Tensor:
    return cut(images.mT, patch).unflatten(2, (-1, patch, patch)).mT.flatten(2)


def channels_last(images: Tensor, patch: int) -> Tensor:
    return cut(images, patch).unflatten(2, (-1, patch * patch)).mT.flatten(2)


def pixels_turned(images: Tensor, patch: int) -> Tensor:
    return cut(images, patch).unflatten(2, (-1, patch, patch)).mT.flatten(2)


def reshaped(images: Tensor, patch: int) -> Tensor:
    return images.reshape(len(images), -1, images.size(1) * patch * patch)


PATCHES = [
    Misconception("columns-first", "patches column after column", down_the_columns, "vit.patches"),
    Misconception("channels-last", "patches whose channels come last", channels_last, "vit.patches"),
    Misconception("pixels-turned", "patches read column after column inside", pixels_turned, "vit.patches"),
    Misconception("reshaped", "the image's numbers in their order, which mixes patches", reshaped, "vit.patches"),
]


def pasted_down(patches: Tensor, patch: int, height: int, width: int) -> Tensor:
    turned = patches.unflatten(2, (-1, patch, patch)).mT.flatten(2)
    return pasted(turned, patch, width, height).mT


def pasted_from_last(patches: Tensor, patch: int, height: int, width: int) -> Tensor:
    return pasted(patches.unflatten(2, (patch * patch, -1)).mT.flatten(2), patch, height, width)


def pasted_turned(patches: Tensor, patch: int, height: int, width: int) -> Tensor:
    return pasted(patches.unflatten(2, (-1, patch, patch)).mT.flatten(2), patch, height, width)


def run_together(patches: Tensor, patch: int, height: int, width: int) -> Tensor:
    del patch
    return patches.reshape(len(patches), -1, height, width)


PASTED = [
    Misconception("columns-first", "patches laid column after column", pasted_down, "vit.patches"),
    Misconception("channels-last", "patches whose channels are taken to be last", pasted_from_last, "vit.patches"),
    Misconception("pixels-turned", "patches turned inside", pasted_turned, "vit.patches"),
    Misconception("reshaped", "the patches' numbers in their order", run_together, "vit.patches"),
]


def by_torch(positions: Tensor, rows: int, columns: int, mode: str, corners: bool | None = None) -> Tensor:
    side = round((positions.size(1) - 1) ** 0.5)
    grid = positions[:, 1:].mT.unflatten(2, (side, side))
    grid = interpolate(grid, size=(rows, columns), mode=mode, align_corners=corners)
    return torch.cat([positions[:, :1], grid.flatten(2).mT], dim=1)


def read_across(positions: Tensor, rows: int, columns: int) -> Tensor:
    turned = resized(positions, columns, rows)
    return torch.cat([turned[:, :1], turned[:, 1:]], dim=1)


def as_a_row(positions: Tensor, rows: int, columns: int) -> Tensor:
    row = interpolate(positions[:, 1:].mT, size=rows * columns, mode="linear", align_corners=False)
    return torch.cat([positions[:, :1], row.mT], dim=1)


PLACES: list[tuple[str, str, Callable[[Tensor, int, int], Tensor]]] = [
    ("bilinear", "positions interpolated linearly", partial(by_torch, mode="bilinear", corners=False)),
    ("nearest", "the nearest old position for each", partial(by_torch, mode="nearest")),
    ("corners", "positions with the corners aligned", partial(by_torch, mode="bicubic", corners=True)),
    ("grid-turned", "positions of a grid with rows and columns swapped", read_across),
    ("as-a-row", "positions stretched as one row, not as a grid", as_a_row),
]


def changed(**ingredients: object) -> Callable[[Recipe], Recipe]:
    return lambda right: replace(right, **ingredients)


def read_wrong(taken: Callable[[Tensor, int], Tensor]) -> Callable[[Weights, Tensor], Tensor]:
    def embed(w: Weights, images: Tensor) -> Tensor:
        kernel = w[f"{STEM}patch_embeddings.projection.weight"]
        return taken(images, kernel.size(-1)) @ kernel.flatten(1).mT + w[f"{STEM}patch_embeddings.projection.bias"]

    return embed


def unplaced(positions: Tensor, rows: int, columns: int) -> Tensor:
    return 0 * resized(positions, rows, columns)


def class_unplaced(x: Tensor, first: Tensor, positions: Tensor) -> Tensor:
    return torch.cat([first.expand(len(x), -1, -1), x + positions[:, 1:]], dim=1)


def places_from_zero(x: Tensor, first: Tensor, positions: Tensor) -> Tensor:
    return torch.cat([first.expand(len(x), -1, -1), x + positions[:, :-1]], dim=1)


def class_behind(x: Tensor, first: Tensor, positions: Tensor) -> Tensor:
    return torch.cat([x, first.expand(len(x), -1, -1)], dim=1) + positions


def interleaved(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(2, (-1, heads)).permute(0, 3, 1, 2)


MODELS: list[tuple[str, str, str, Callable[[Recipe], Recipe]]] = [
    ("no-positions", "a network without positions", "vit.positions", changed(place=unplaced)),
    ("class-unplaced", "a network whose [CLS] has no position", "vit.positions", changed(join=class_unplaced)),
    ("shifted", "patches with the position before theirs", "vit.positions", changed(join=places_from_zero)),
    ("class-behind", "[CLS] behind the patches, its answer read in front", "vit.tokens", changed(join=class_behind)),
    ("pooled", "a head that reads the mean of all tokens", "vit.classification", changed(read=lambda x: x.mean(1))),
    ("pooled-patches", "a head on the mean patch", "vit.classification", changed(read=lambda x: x[:, 1:].mean(1))),
    ("channels-last", "patches whose channels come last", "vit.patches", changed(embed=read_wrong(channels_last))),
    ("columns-first", "patches column by column", "vit.patches", changed(embed=read_wrong(down_the_columns))),
    ("reshaped", "patches of mixed pixels", "vit.patches", changed(embed=read_wrong(reshaped))),
    ("post-norm", "norms behind the branches", "transformer.norm-placement", changed(post_norm=True)),
    ("no-last-norm", "a network without its last norm", "transformer.norm-placement", changed(last_norm=False)),
    ("unscaled", "attention without 1/√d", "attention.scaling", changed(divide=lambda _width, _head: 1.0)),
    ("by-width", "attention divided by √D", "attention.scaling", changed(divide=lambda width, _head: width**0.5)),
    ("interleaved", "heads that take every H-th number", "attention.heads", changed(split=interleaved)),
    ("tanh", "the tanh form of GELU", "transformer.feed-forward", changed(activate=partial(gelu, approximate="tanh"))),
    ("relu", "ReLU in the place of GELU", "transformer.feed-forward", changed(activate=torch.relu)),
]
ELSEWHERE = [(key, text, "vit.positions", changed(place=place)) for key, text, place in PLACES]
"""What shows only at another resolution."""
LOOKS = [entry for entry in MODELS if entry[0] in {"no-positions", "post-norm", "unscaled", "by-width", "interleaved"}]


def known(changes: list[tuple[str, str, str, Callable[[Recipe], Recipe]]], right: Recipe) -> list[Misconception]:
    return [Misconception(key, text, change(right), skill) for key, text, skill, change in changes]


def looks(right: Recipe) -> list[Misconception]:
    """The same mistakes, and one of reading, as they show in the maps."""
    found = [Misconception(key, f"the maps of {text}", change(right).maps, skill) for key, text, skill, change in LOOKS]
    turned = Misconception("turned", "maps (key, query)", lambda w, x: right.maps(w, x).mT, "attention.softmax-axis")
    return [*found, turned]


def chained(layers: Tensor, maps: Tensor) -> Tensor:
    joint = torch.eye(maps.size(-1), dtype=maps.dtype).expand(maps.size(1), -1, -1)
    for layer in layers:
        joint = layer @ joint
    return joint


def half(maps: Tensor) -> Tensor:
    return (maps.mean(2) + torch.eye(maps.size(-1), dtype=maps.dtype)) / 2


def strongest(maps: Tensor) -> Tensor:
    return (maps.amax(2) + torch.eye(maps.size(-1), dtype=maps.dtype)) / 2


ROLLOUTS = [
    Misconception("no-residual", "rollout past no residual", lambda m: chained(m.mean(2), m)[:, 0, 1:]),
    Misconception("backwards", "layers joined in reverse", lambda m: chained(half(m).flip(0), m)[:, 0, 1:]),
    Misconception("last-layer", "the last block alone", lambda m: half(m)[-1][:, 0, 1:]),
    Misconception("column", "how much [CLS] gave to each patch", lambda m: chained(half(m), m)[:, 1:, 0]),
    Misconception(
        "strongest", "the strongest head in the place of their mean", lambda m: chained(strongest(m), m)[:, 0, 1:]
    ),
    Misconception("not-halved", "rollout whose rows sum to two", lambda m: chained(2 * half(m), m)[:, 0, 1:]),
]


def on_others(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    spread = smoothing * logits.size(1) / (logits.size(1) - 1)
    return cross_entropy(logits, labels, label_smoothing=spread)


def hit_in_full(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    return cross_entropy(logits, labels) - smoothing * logits.log_softmax(-1).mean()


def summed_classes(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    log_p = logits.log_softmax(-1)
    return (1 - smoothing) * cross_entropy(logits, labels) - smoothing * log_p.sum(1).mean()


def summed(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    return cross_entropy(logits, labels, label_smoothing=smoothing, reduction="sum")


LOSSES: list[tuple[str, str, Callable[[Tensor, Tensor, float], Tensor]]] = [
    ("sharp", "cross-entropy without smoothing", lambda z, y, _: cross_entropy(z, y)),
    ("on-others", "smoothing that leaves out the right class", on_others),
    ("hit-in-full", "smoothing on top of the full cross-entropy", hit_in_full),
    ("summed-classes", "a sum over the classes, not their mean", summed_classes),
    ("summed", "a loss summed over the batch", summed),
]


def trained_wrong(right: Training) -> list[tuple[str, str, Training]]:
    ways = [(key, f"training on {text}", replace(right, loss=loss)) for key, text, loss in LOSSES]
    return [
        *ways,
        ("not-cleared", "training whose gradients add up", replace(right, cleared=False)),
        ("positions-frozen", "training that leaves the positions as they are", replace(right, frozen="position")),
        ("no-step", "training that never changes a weight", replace(right, rate=0.0)),
        ("uphill", "training that walks uphill", replace(right, rate=-right.rate)),
        ("no-positions", "training without positions", replace(right, network=replace(right.network, place=unplaced))),
    ]
