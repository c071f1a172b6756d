"""Checks for the katas of broadcasting: the reference loops in float64, which a learner may not."""

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check


def differences(a: Tensor, b: Tensor) -> Tensor:
    return torch.stack([torch.stack([one - other for other in b]) for one in a])


DIFFERENCES = [
    Misconception("sign", "b − a", lambda a, b: -differences(a, b)),
    Misconception("transposed", "the transposed table", lambda a, b: differences(a, b).mT),
    Misconception("sums", "sums instead of differences", lambda a, b: differences(a, -b)),
]


@check("differences")
def all_differences(lab: Lab) -> None:
    a, b = lab.normal("N"), lab.normal("M")
    out = lab.call("differences", a, b)
    lab.agrees(out, differences, on=(a, b), axes="N M", misconceptions=DIFFERENCES)


def standardise(x: Tensor) -> Tensor:
    columns = [(column - column.mean()) / column.std(correction=0) for column in x.unbind(1)]
    return torch.stack(columns, dim=1)


STANDARDISE = [
    Misconception("over-rows", "rows standardised instead of columns", lambda x: standardise(x.mT).mT),
    Misconception("over-all", "the whole matrix standardised at once", lambda x: (x - x.mean()) / x.std(correction=0)),
    Misconception("sample", "columns divided by the sample deviation (N − 1)", lambda x: (x - x.mean(0)) / x.std(0)),
    Misconception("variance", "columns divided by their variance", lambda x: (x - x.mean(0)) / x.var(0, correction=0)),
    Misconception("not-centred", "columns scaled but not centred", lambda x: x / x.std(0, correction=0)),
    Misconception("not-scaled", "columns centred but not scaled", lambda x: x - x.mean(0)),
]


@check("standardise")
def columns_are_standardised(lab: Lab) -> None:
    lab.dims("N D", N=(8, 12), D=(4, 7))
    x = lab.normal("N D") * lab.uniform("D", low=0.5, high=3.0) + lab.normal("D")
    out = lab.call("standardise", x)
    lab.agrees(out, standardise, on=(x,), axes="N D", misconceptions=STANDARDISE)


def distances(x: Tensor, y: Tensor) -> Tensor:
    return torch.stack([torch.stack([(one - other).norm() for other in y]) for one in x])


def cosines(x: Tensor, y: Tensor) -> Tensor:
    return x / x.norm(dim=1, keepdim=True) @ (y / y.norm(dim=1, keepdim=True)).mT


DISTANCES = [
    Misconception("squared", "squared distances", lambda x, y: distances(x, y) ** 2),
    Misconception("transposed", "the transposed table", lambda x, y: distances(y, x)),
    Misconception("city-blocks", "sums of absolute differences", lambda x, y: (x[:, None] - y).abs().sum(-1)),
    Misconception("mean", "the root of the mean of squares", lambda x, y: distances(x, y) / x.size(1) ** 0.5),
    Misconception("products", "dot products instead of distances", lambda x, y: x @ y.mT),
    Misconception("cosines", "cosines instead of distances", cosines),
]


@check("distances")
def distances_of_all_pairs(lab: Lab) -> None:
    x, y = lab.normal("N D"), lab.normal("M D")
    out = lab.call("distances", x, y)
    lab.agrees(out, distances, on=(x, y), axes="N M", misconceptions=DISTANCES)


def one_hot(y: Tensor, classes: Tensor) -> Tensor:
    rows = torch.zeros(len(y), int(classes), dtype=torch.float64)
    for row, place in zip(rows, y, strict=True):
        row[place] = 1
    return rows


@check("one-hot")
def rows_with_a_single_one(lab: Lab) -> None:
    lab.dims("N C", N=(8, 11), C=(3, 6))
    y = torch.cat([torch.tensor([0, lab.size("C") - 1]), lab.integers("N", low=0, high=lab.size("C"))[2:]])
    known = [
        Misconception("shifted", "rows with classes counted from 1", lambda y, c: one_hot(y, c).roll(1, dims=1)),
        Misconception("transposed", "the transposed table", lambda y, c: one_hot(y, c).mT),
        Misconception("upside-down", "zeros at the classes and ones elsewhere", lambda y, c: 1 - one_hot(y, c)),
    ]
    out = lab.call("one_hot", y, lab.size("C"))
    lab.agrees(out, one_hot, on=(y, torch.tensor(lab.size("C"))), axes="N C", misconceptions=known)


def visible(lengths: Tensor, tokens: Tensor) -> Tensor:
    steps = range(int(tokens))
    return torch.tensor([[[s <= t and s < int(length) for s in steps] for t in steps] for length in lengths])


def causal_alone(lengths: Tensor, tokens: Tensor) -> Tensor:
    return visible(torch.full_like(lengths, int(tokens)), tokens)


def lengths_alone(lengths: Tensor, tokens: Tensor) -> Tensor:
    return visible(lengths, tokens)[:, -1:].expand(-1, int(tokens), -1)


def itself_hidden(lengths: Tensor, tokens: Tensor) -> Tensor:
    return visible(lengths, tokens) & ~torch.eye(int(tokens), dtype=torch.bool)


VISIBLE = [
    Misconception("causal-alone", "the causal mask without the lengths", causal_alone),
    Misconception("lengths-alone", "the lengths without the causal mask", lengths_alone),
    Misconception("one-too-many", "lengths that count one place too many", lambda n, t: visible(n + 1, t)),
    Misconception("itself-hidden", "a mask that hides each token from itself", itself_hidden),
    Misconception("exchanged", "queries and keys exchanged", lambda n, t: visible(n, t).mT),
    Misconception("hidden", "true where it should be false", lambda n, t: ~visible(n, t)),
]


@check("visible")
def which_keys_a_query_sees(lab: Lab) -> None:
    lab.dims("B T", B=(3, 5), T=(6, 9))
    tokens = lab.size("T")
    lengths = torch.tensor([tokens, 1, *(lab.random.randint(2, tokens - 1) for _ in range(lab.size("B") - 2))])
    out, on = lab.call("visible", lengths, tokens), (lengths, torch.tensor(tokens))
    lab.agrees(out, visible, on=on, axes="B T T", dtype=torch.bool, misconceptions=VISIBLE)


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    rows = [row[keep].mean(0) if keep.any() else torch.zeros(row.size(1)) for row, keep in zip(x, mask, strict=True)]
    return torch.stack([row.double() for row in rows])


def masked_sum(x: Tensor, mask: Tensor) -> Tensor:
    return masked_mean(x, mask) * mask.sum(1, keepdim=True)


MEANS = [
    Misconception("mask-ignored", "the mean over all places", lambda x, _: x.mean(1)),
    Misconception("divided-by-all", "the sum divided by all places", lambda x, m: masked_sum(x, m) / m.size(1)),
    Misconception("sum", "the sum, not divided", masked_sum),
    Misconception("hidden-places", "the mean over the hidden places", lambda x, m: masked_mean(x, ~m)),
    Misconception("one-count", "all rows divided by one count", lambda x, m: masked_sum(x, m) * len(m) / m.sum()),
]


def shared_where_nothing_is_seen(x: Tensor, mask: Tensor) -> Tensor:
    """A row that sees nothing gets the mean of the rows that see something."""
    means, sees = masked_mean(x, mask), mask.any(1, keepdim=True)
    return torch.where(sees, means, means.sum(0) / sees.sum())


PADDED = [
    *(wrong for wrong in MEANS if wrong.id in ("divided-by-all", "sum", "one-count")),
    Misconception("not-zeros", "some mean for the row that sees nothing", shared_where_nothing_is_seen),
]
"""The other mistakes are told by what is not finite."""


def draw_masked(lab: Lab) -> tuple[Tensor, Tensor]:
    """Every row sees and hides something."""
    lab.dims("B T D", T=(5, 9))
    mask = lab.uniform("B T") < 0.5
    mask[:, 0], mask[:, 1] = True, False
    return lab.normal("B T D"), mask


@check("masked-mean")
def a_mean_over_the_visible_places(lab: Lab) -> None:
    x, mask = draw_masked(lab)
    out = lab.call("masked_mean", x, mask)
    lab.agrees(out, masked_mean, on=(x, mask), axes="B D", misconceptions=MEANS)


@check("padding")
def hidden_places_do_not_matter(lab: Lab) -> None:
    x, mask = draw_masked(lab)
    mask[0] = False
    x[~mask] = lab.random.choice([float("nan"), float("inf")])
    out = lab.call("masked_mean", x, mask)
    hint = "Hidden places hold NaN or infinity here, and one row sees nothing at all: that gives zeros."
    lab.require(bool(out.any_tensor().isfinite().all()), f"The means are not finite. {hint}")
    lab.agrees(out, masked_mean, on=(x, mask), axes="B D", misconceptions=PADDED, hint=hint)


@check("no-loops")
def work_does_not_grow(lab: Lab) -> None:
    def arguments(n: int) -> dict[str, list[object]]:
        square, mask = torch.ones(n, n), torch.ones(n, n, dtype=torch.bool)
        row, classes = torch.ones(n), torch.arange(n)
        return {
            "differences": [row, row],
            "standardise": [square + torch.eye(n)],
            "distances": [square, square],
            "one_hot": [classes, n],
            "visible": [classes, n],
            "masked_mean": [square.expand(n, n, n), mask],
        }

    small, large = arguments(4), arguments(40)
    for name in small:
        few, many = (lab.probe("steps", name, args[name]).integer() for args in (small, large))
        text = f"`{name}` takes {few} steps for sizes of 4 and {many} for sizes of 40: it loops."
        lab.require(many <= few + 20, text, got=many, expected=few)
