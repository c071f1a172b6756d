"""Checks for a CIFAR-like set: CIFAR-10's own layout, measures by formulas, and images drawn for each submission."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from drawing import CLASSES, draw_set, draw_world
from gpu_runner.checking import Lab, Misconception, bars, check, confusion, images
from misconceptions import (
    ANSWERS,
    AUGMENTED,
    CALIBRATIONS,
    IMAGES,
    INTERVALS,
    LOSSES,
    METRICS,
    NORMALISED,
    REPEATED,
    Wrong,
    bound,
)
from reference import (
    MARGIN,
    Answers,
    Weights,
    as_bytes,
    augmented,
    by_class,
    calibration,
    hits,
    losses,
    moments,
    normalised,
    repeated,
    table,
    wilson,
)

TERMS = 64
TRAIN, TEST = 2000, 500
EDGE = 1e-5
GOAL = 0.7
"""Of new images; see the README for what runs of the model solution reach, and models that see colours alone."""


def known(wrong: Wrong, *on: object) -> list[Misconception]:
    return [Misconception(key, text, fn) for key, text, fn in bound(wrong, *on)]


@check("read")
def the_binary_version_becomes_images(lab: Lab) -> None:
    sizes = lab.random.sample(range(2, 9), 6)
    names = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
    parts = {
        name: (draw_bytes(lab, n), lab.integers(f"{n}", low=0, high=10)) for name, n in zip(names, sizes, strict=True)
    }
    files = {name: as_bytes(*part) for name, part in sorted(parts.items(), reverse=True)}
    for split, chosen in {"train": names[:5], "test": names[5:]}.items():
        x, y = (torch.cat([parts[name][i] for name in chosen]) for i in (0, 1))
        content = torch.cat([files[name] for name in chosen])
        out = lab.probe("read", files, split)
        hint = f"This is the split {split!r}: the files hold {[len(parts[name][1]) for name in chosen]} images."
        options = {"tolerance": 0, "dtype": torch.uint8, "misconceptions": known(IMAGES, x, content), "hint": hint}
        lab.equals(out, x.double(), axes=f"{len(y)} 3 32 32", path="images", **options)
        ends = content.view(-1, 3073)[:, -1].double
        backwards = torch.cat([parts[name][1] for name in reversed(chosen)]).double
        mistakes = [
            Misconception("label-behind", "the last byte of each image", ends),
            Misconception("files-backwards", "the labels of the files in reverse", backwards),
        ]
        options = {"tolerance": 0, "dtype": torch.int64, "misconceptions": mistakes, "hint": hint}
        lab.equals(out, y.double(), axes=f"{len(y)}", path="labels", **options)


def draw_bytes(lab: Lab, count: int, side: int = 32) -> Tensor:
    """Images whose channels differ in brightness and spread."""
    level, width = torch.tensor([60, 110, 150])[:, None, None], torch.tensor([0.9, 0.5, 1.2])[:, None, None]
    noise = lab.integers(f"{count} 3 {side} {side}", low=-60, high=61)
    shade = lab.integers(f"{count} 1 1 1", low=-20, high=21)
    return (level + shade + width * noise).clamp(0, 255).to(torch.uint8)


@check("normalise")
def test_images_get_the_training_sets_statistics(lab: Lab) -> None:
    train, test = draw_bytes(lab, 9), draw_bytes(lab, 6)
    test = (0.7 * test).to(torch.uint8)
    out, (mean, std) = lab.probe("prepared", train, test), moments(train)
    centre = [Misconception("one-for-all", "one mean for all channels", lambda: mean.mean().expand(3))]
    centre.append(Misconception("unscaled", "a mean of bytes", lambda: 255 * mean))
    lab.equals(out, mean, axes="3", path="mean", terms=TERMS, misconceptions=centre)
    spread = [Misconception("variance", "the variance", std.square)]
    inside = (train.double() / 255).flatten(2).std(2, correction=0).mean(0)
    spread.append(Misconception("within-images", "the mean deviation within an image", lambda: inside))
    # The root of the variance's unbiased estimate is off by 5e-5 here, and free.
    lab.equals(out, std, axes="3", path="std", tolerance=1e-4, misconceptions=spread)
    options = {"tolerance": 2e-3, "misconceptions": known(NORMALISED, train, test)}
    lab.equals(out, normalised(train, test), axes="6 3 32 32", path="test", **options)


@check("augment")
def shifted_and_mirrored_images_equal_the_reference(lab: Lab) -> None:
    height, width = lab.random.sample([8, 10, 12], 2)
    x = lab.normal(f"6 3 {height} {width}")
    tops, lefts = lab.integers("6", low=0, high=2 * MARGIN + 1), lab.integers("6", low=0, high=2 * MARGIN + 1)
    tops[:2], lefts[:2] = torch.tensor([0, 7]), torch.tensor([7, 2])
    flips = lab.integers("6", low=0, high=2).bool()
    flips[:2] = torch.tensor([True, False])
    out, on = lab.call("augment", x, tops, lefts, flips), (x.double(), tops, lefts, flips)
    options = {"tolerance": 0, "misconceptions": known(AUGMENTED, *on)}
    lab.equals(out, augmented(*on), axes=f"6 3 {height} {width}", **options)


@check("split")
def every_class_gives_its_share(lab: Lab) -> None:
    share = lab.random.choice([0.1, 0.2, 0.3])
    counts = [10 * lab.random.randint(1, 5) for _ in range(6)]
    labels = torch.repeat_interleave(torch.arange(6), torch.tensor(counts))
    labels = labels[torch.tensor(lab.random.sample(range(len(labels)), len(labels)))]
    out = lab.probe("halves", labels, share, [1, 1, 2])
    rest = sum(counts) - round(share * sum(counts))
    ways = [read_halves(out, i, rest, sum(counts) - rest) for i in range(3)]
    for train, held in ways:
        all_once = torch.cat([train, held]).sort().values.equal(torch.arange(len(labels)))
        lab.require(all_once, "Some image is in both parts, in none, or twice in one.")
        found, wanted = torch.bincount(labels[held], minlength=6).tolist(), [round(share * n) for n in counts]
        text = f"Of classes with {counts} images, a share of {share} is {wanted}; your held-out part has {found}."
        lab.require(found == wanted, text)
    same, other = (set(ways[0][1].tolist()) == set(way[1].tolist()) for way in ways[1:])
    lab.require(same, "Twice the same generator gave two splits: all dice come from the generator.")
    lab.require(not other, "Another seed of the generator gave the same split: it has to be drawn.")


def read_halves(out: object, i: int, rest: int, held: int) -> tuple[Tensor, Tensor]:
    read = out.tensor  # type: ignore[attr-defined]
    return read(f"{i}/0", axes=f"{rest}", dtype=torch.int64), read(f"{i}/1", axes=f"{held}", dtype=torch.int64)


@check("duplicates")
def images_of_the_test_set_are_found(lab: Lab) -> None:
    train, test = draw_bytes(lab, 12, 8), draw_bytes(lab, 7, 8)
    places = lab.random.sample(range(12), 6)
    for place, source in zip(places[:3], [5, 1, 1], strict=True):
        train[place] = test[source]  # one of them stands there twice
    train[places[3]] = test[2].flip(2)  # a mirror image has the same bytes in another order, and is no duplicate
    train[places[4]] = test[3]
    train[places[4], 0, 0, 0] ^= 1  # nor is one that differs in a bit
    expected = repeated(train, test)
    options = {"dtype": torch.int64, "tolerance": 0, "misconceptions": known(REPEATED, train, test)}
    hint = f"Here {len(expected)} of 12 training images stand in the test set, byte for byte."
    lab.equals(lab.call("duplicates", train, test), expected.double(), axes=f"{len(expected)}", hint=hint, **options)


def draw_model(lab: Lab, side: int) -> tuple[Weights, int]:
    """Weights of the probe's small model, with statistics that are not those of any batch, and a batch size."""
    w = {"kernel": lab.normal("5 3 3 3", scale=0.4), "head": lab.normal(f"4 {5 * side * (side + 2)}", scale=0.15)}
    w |= {"mean": lab.normal("5", scale=0.7), "variance": lab.uniform("5", low=0.5, high=3.0)}
    return w, lab.random.choice([4, 5, 6])


@check("predict")
def predictions_are_those_of_a_model_at_rest(lab: Lab) -> None:
    weights, batch = draw_model(lab, 4)
    n = 2 * batch + lab.random.randint(2, batch - 1)
    x = lab.normal(f"{n} 3 4 6")
    out = lab.probe("answers", weights, x, batch)
    w, exact = {name: array.double() for name, array in weights.items()}, x.double()
    for path, flip in {"plain": False, "mirrored": True}.items():
        others = ANSWERS if flip else ANSWERS[:1]
        mistakes = [Misconception(key, text, lambda way=way: way(w, exact, batch, flip)) for key, text, way in others]  # noqa: B023
        hint = f"{n} images in batches of {batch}, flip={flip}."
        options = {"terms": TERMS, "misconceptions": mistakes, "hint": hint}
        lab.equals(out, Answers()(w, exact, batch, flip), axes=f"{n} 4", path=path, **options)
    moved = "The model's running statistics changed: it was in training mode while it predicted."
    lab.require(bool((out.tensor("mean", axes="5") == weights["mean"]).all()), moved)
    lab.require(not out.flag("graph"), "The predictions hold a graph, and with it every activation: use torch.no_grad.")
    lab.require(out.flag("training"), "The model came in training mode, and does not get it back.")


@check("loss")
def every_image_weighs_alike(lab: Lab) -> None:
    weights, batch = draw_model(lab, 4)
    n = 2 * batch + 1
    x, labels = lab.normal(f"{n} 3 4 6"), lab.integers(f"{n}", low=0, high=4)
    w = {name: array.double() for name, array in weights.items()}
    logits = Answers()(w, x.double(), batch, flip=False)
    labels[-1] = int(logits[-1].argmin())  # the image alone in the last batch costs more than the others
    value = lab.probe("loss", weights, x, labels, batch).number()
    moving = [
        (
            ANSWERS[0][0],
            f"the loss of {ANSWERS[0][1]}",
            lambda *_: losses(ANSWERS[0][2](w, x.double(), batch, flip=False), labels).mean(),
        )
    ]
    mistakes = known([*LOSSES, *moving], logits, labels, batch)
    options = {
        "dtype": torch.float64,
        "tolerance": 1e-4,
        "misconceptions": mistakes,
        "hint": f"{n} images in batches of {batch}.",
    }
    lab.equals(torch.tensor(value, dtype=torch.float64), losses(logits, labels).mean(), axes="", **options)


def draw_answers(lab: Lab, count: int) -> tuple[Tensor, Tensor]:
    """Logits of eight classes, of which a few are often mistaken for others, and labels of uneven frequency."""
    often = [0, 0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 6, 6, 7]
    labels = torch.tensor([lab.random.choice(often) if i >= 8 else i for i in range(count)])
    logits = 1.5 * lab.normal(f"{count} 8")
    lean = one_hot(labels, 8) * lab.uniform(f"{count} 1", low=0.0, high=4.0)
    return logits + lean + 1.5 * one_hot(torch.full_like(labels, 3), 8), labels


def draw_mistaken(lab: Lab) -> tuple[Tensor, Tensor]:
    """The same, where the last class is never guessed rightly and every class is guessed."""
    while True:
        logits, labels = draw_answers(lab, 90)
        logits[labels == 7, 7] -= 20
        if torch.bincount(logits.argmax(1), minlength=8).min() > 0:  # or precision is no number; most draws are so
            return logits, labels


@check("metrics")
def measures_equal_the_reference(lab: Lab) -> None:
    logits, labels = draw_mistaken(lab)
    exact = logits.double()
    out = lab.probe("measured", logits, labels, 10)
    for name, k in {"top1": 1, "top5": 5}.items():
        share = torch.tensor(out.number(name), dtype=torch.float64)
        options = {"dtype": torch.float64, "tolerance": 1e-5, "misconceptions": known(METRICS[name], exact, labels)}
        lab.equals(share, hits(exact, labels, k).mean(), axes="", hint=f"This is {name}, of 8 classes.", **options)
    expected = {
        "confusion": (table(exact, labels), "8 8", torch.int64),
        "per_class": (by_class(exact, labels), "8", torch.float32),
    }
    for name, (right, axes, dtype) in expected.items():
        options = {"dtype": dtype, "tolerance": 1e-5, "misconceptions": known(METRICS[name], exact, labels)}
        lab.equals(out, right, axes=axes, path=name, hint=f"This is {name}.", **options)


@check("calibration")
def the_calibration_error_equals_the_reference(lab: Lab) -> None:
    bins, clear = lab.random.choice([8, 10, 15]), False
    while not clear:  # of the edges of bins, where rounding decides; about one draw in fifty is not
        logits, labels = draw_answers(lab, 200)
        edge = logits.double().softmax(1).amax(1) * bins
        clear = bool(((edge - edge.round()).abs() > EDGE).all())
    value = lab.probe("measured", logits, labels, bins).number("ece")
    on = logits.double(), labels, bins
    options = {"dtype": torch.float64, "tolerance": 1e-5, "misconceptions": known(CALIBRATIONS, *on)}
    hint = f"200 images, {bins} bins."
    lab.equals(torch.tensor(value, dtype=torch.float64), calibration(*on), axes="", hint=hint, **options)


@check("interval")
def the_interval_is_wilsons(lab: Lab) -> None:
    logits, labels = draw_answers(lab, lab.random.randint(20, 40))
    logits += 4 * one_hot(labels, 8)  # nearly all right: there Wald's interval is wrong
    on = hits(logits.double(), labels, 1).sum().item(), len(labels)
    out = lab.probe("measured", logits, labels, 10)
    found = torch.tensor([out.number("low"), out.number("high")], dtype=torch.float64)
    hint = f"{on[0]:.0f} of {on[1]} are right; these are low and high."
    options = {"dtype": torch.float64, "tolerance": 1e-5, "misconceptions": known(INTERVALS, *on), "hint": hint}
    lab.equals(found, wilson(*on), axes="2", **options)


@check("trained")
def it_knows_classes_that_colour_does_not_tell(lab: Lab) -> None:
    world = draw_world(lab)
    (x, labels), (new, truth) = (draw_set(lab, world, count) for count in (TRAIN, TEST))
    logits = lab.probe("learn", x, labels, new).tensor(axes=f"{TEST} {CLASSES}").double()
    wrong = (logits.argmax(1) != truth).nonzero()[:8, 0].tolist()
    shown = [*range(8), *wrong]
    guesses = [world.name(int(label)) for label in logits.argmax(1)[shown]]
    lab.show(
        images("New images and your guesses; from the ninth on, what was wrong", new[shown] / 255, guesses, low=0.0)
    )
    lab.show(confusion("New images", truth, logits.argmax(1), CLASSES))
    lab.show(bars("Right, by class", "class", share=by_class(logits, truth)))
    share = hits(logits, truth, 1).mean()
    low, high = wilson(float(share * TEST), TEST).tolist()
    error = calibration(logits, truth, 10).item()
    top = hits(logits, truth, 5).mean()
    hint = f"95 % lie in {low:.3f} to {high:.3f}; top-5 {top:.3f}, calibration error {error:.3f}."
    lab.measures("Share of new images that are right", share.item(), at_least=GOAL, hint=hint)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("pickle", "cPickle", "torchvision", "sklearn", "torchmetrics", "timm")
