"""Checks for the vision transformer: float64 formulas outside, and digits that are split anew for each submission."""

from functools import partial

import torch
from torch import Tensor

from drawing import CONFIG, axes, draw_config, draw_digits, draw_images, draw_weights, shapes_of, spread
from gpu_runner.checking import Lab, Misconception, check, confusion, images
from gpu_runner.checking.comparing import to_double
from misconceptions import ELSEWHERE, LOSSES, MODELS, PASTED, PATCHES, PLACES, ROLLOUTS, known, looks, trained_wrong
from reference import Recipe, Training, cut, pasted, resized, rolled, smoothed

TERMS = 16
WALK_TERMS = 128
RATE, STEPS = 0.02, 3
HELD_OUT = 400
GOAL = 0.85
"""Of held-out digits; see the README for what runs of the model solution reach, and networks without positions."""


def draw_grid(lab: Lab) -> tuple[int, int, int]:
    """A patch's side, and the rows and columns of patches, all different."""
    patch, rows, columns = lab.random.sample([2, 3, 4, 5], 3)
    return patch, rows, columns


@check("patchify")
def patches_are_windows_row_after_row(lab: Lab) -> None:
    patch, rows, columns = draw_grid(lab)
    x = lab.normal(f"2 3 {rows * patch} {columns * patch}")
    expected = f"2 {rows * columns} {3 * patch * patch}"
    hint = f"{rows} rows of {columns} patches, {patch} × {patch} pixels each, 3 channels."
    lab.agrees(
        lab.call("patchify", x, patch),
        cut,
        on=(x, patch),
        axes=expected,
        tolerance=0,
        misconceptions=PATCHES,
        hint=hint,
    )


@check("unpatchify")
def patches_become_the_image_again(lab: Lab) -> None:
    patch, rows, columns = draw_grid(lab)
    height, width = rows * patch, columns * patch
    x = lab.normal(f"2 {rows * columns} {3 * patch * patch}")
    out = lab.call("unpatchify", x, patch, height, width)
    options = {"axes": f"2 3 {height} {width}", "tolerance": 0, "misconceptions": PASTED}
    lab.agrees(out, pasted, on=(x, patch, height, width), **options)


@check("positions")
def positions_follow_another_grid(lab: Lab) -> None:
    side = lab.random.choice([4, 5])
    rows, columns = lab.random.sample([3, 6, 7, 8], 2)
    table = lab.normal(f"1 {1 + side**2} 6")
    for new in [(rows, columns), (side, side)]:
        out = lab.call("resize_positions", table, *new)
        mistakes = [Misconception(key, text, fn, "vit.positions") for key, text, fn in PLACES]
        hint = f"From a grid of {side} × {side} to {new[0]} rows of {new[1]}; the position of [CLS] stays in front."
        options = {"terms": TERMS, "misconceptions": mistakes, "hint": hint}
        lab.agrees(out, resized, on=(table, *new), axes=f"1 {1 + new[0] * new[1]} 6", **options)


@check("logits")
def logits_equal_the_reference(lab: Lab) -> None:
    config = draw_config(lab)
    weights, x = draw_weights(lab, config), draw_images(lab, config, "5")
    out, right = lab.probe("forward", config, weights, [x]), Recipe(config["heads"])
    on = to_double((weights, x))
    options = {"terms": TERMS, "misconceptions": bound(known(MODELS, right), on)}
    lab.equals(out, right(*on), axes=f"5 {config['classes']}", path="0", **options)


@check("resolution")
def images_of_other_sizes_are_classified_too(lab: Lab) -> None:
    config = draw_config(lab)
    weights, right = draw_weights(lab, config), Recipe(config["heads"])
    grids = [lab.random.sample([2, 5, 6, 7], 2), [lab.random.choice([5, 6])] * 2]
    batches = [draw_images(lab, config, "3", *grid) for grid in grids]
    out = lab.probe("forward", config, weights, batches)
    for i, (x, grid) in enumerate(zip(batches, grids, strict=True)):
        on = to_double((weights, x))
        side = config["size"] // config["patch"]
        hint = f"{grid[0]} rows of {grid[1]} patches; the positions were learnt for {side} × {side}."
        options = {"terms": TERMS, "misconceptions": bound(known(ELSEWHERE + MODELS, right), on), "hint": hint}
        lab.equals(out, right(*on), axes=f"3 {config['classes']}", path=str(i), **options)


def bound(mistakes: list[Misconception], on: tuple) -> list[Misconception]:
    return [Misconception(m.id, m.text, partial(m.fn, *on), m.skill) for m in mistakes]


@check("weights")
def what_goes_in_comes_out(lab: Lab) -> None:
    config = draw_config(lab)
    weights, shapes = draw_weights(lab, config), shapes_of(config)
    out = lab.probe("there_and_back", config, weights)
    for name, array in weights.items():
        alike = [(key, other) for key, other in weights.items() if key != name and other.shape == array.shape]
        mistakes = [Misconception("swapped", key, partial(torch.clone, other)) for key, other in alike]
        mistakes.append(Misconception("turned", "the array transposed", partial(turned, array)))
        options = {"tolerance": 0, "misconceptions": mistakes, "hint": f"This is {name}."}
        lab.equals(out, array.double(), axes=axes(shapes[name]), path=name, **options)


def turned(array: Tensor) -> Tensor:
    return array.mT if array.ndim > 1 else array.flip(0)


@check("maps")
def attention_maps_equal_the_reference(lab: Lab) -> None:
    config = draw_config(lab)
    weights, x = draw_weights(lab, config), draw_images(lab, config, "2")
    right = Recipe(config["heads"])
    tokens = 1 + (config["size"] // config["patch"]) ** 2
    out = lab.probe("maps", config, weights, x)
    shape = [config["layers"], 2, config["heads"], tokens, tokens]
    lab.agrees(out, right.maps, on=(weights, x), axes=axes(shape), terms=TERMS, misconceptions=looks(right))


@check("rollout")
def rollout_follows_attention_through_the_layers(lab: Lab) -> None:
    layers, heads = lab.random.choice([3, 4]), lab.random.choice([2, 5])
    maps = (2 * lab.normal(f"{layers} 2 {heads} 10 10")).softmax(-1)
    out = lab.call("rollout", maps)
    lab.agrees(out, rolled, on=(maps,), axes="2 9", terms=TERMS, misconceptions=ROLLOUTS)


@check("loss")
def loss_and_gradient_equal_the_reference(lab: Lab) -> None:
    logits, labels = lab.normal("6 4", scale=2.0), lab.integers("6", low=0, high=4)
    smoothing = lab.random.uniform(0.1, 0.4)
    out, exact = lab.probe("loss", logits, labels, smoothing), logits.double()
    mistakes = [Misconception(key, text, partial(wrong, exact, labels, smoothing)) for key, text, wrong in LOSSES]
    options = {"terms": TERMS, "hint": f"The smoothing is {smoothing:.3g}."}
    lab.equals(out, smoothed(exact, labels, smoothing), axes="", path="loss", misconceptions=mistakes, **options)
    slope = torch.func.grad(smoothed)
    mistakes = [
        Misconception(key, f"the gradient of {text}", partial(torch.func.grad(wrong), exact, labels, smoothing))
        for key, text, wrong in LOSSES
    ]
    lab.equals(out, slope(exact, labels, smoothing), axes="6 4", path="dlogits", misconceptions=mistakes, **options)


@check("steps")
def three_steps_lead_to_the_references_network(lab: Lab) -> None:
    config, smoothing = draw_config(lab), lab.random.uniform(0.1, 0.4)
    weights, right = draw_weights(lab, config), Training(Recipe(config["heads"]), RATE)
    batches = {"images": draw_images(lab, config, f"{STEPS} 4")}
    batches["labels"] = lab.integers(f"{STEPS} 4", low=0, high=config["classes"])
    new = draw_images(lab, config, "3")
    out = lab.probe("steps", config, weights, batches, new, RATE, smoothing)
    on = weights, batches["images"], batches["labels"], smoothing
    losses, moved = right.run(*on)
    others = [(key, text, way.run(*on)) for key, text, way in trained_wrong(right)]
    mistakes = [Misconception(key, f"the losses of {text}", partial(torch.clone, ran[0])) for key, text, ran in others]
    hint = "These are the losses that train_step returned, each from before its step."
    lab.equals(out, losses, axes=str(STEPS), path="losses", terms=WALK_TERMS, misconceptions=mistakes, hint=hint)
    answer = partial(right.network, images=new.double())
    mistakes = [Misconception(key, f"the network of {text}", partial(answer, ran[1])) for key, text, ran in others]
    hint = f"These are the logits of new images after {STEPS} steps of SGD."
    options = {"terms": WALK_TERMS, "misconceptions": mistakes, "hint": hint}
    lab.equals(out, answer(moved), axes=f"3 {config['classes']}", path="answer", **options)


@check("trained")
def it_reads_digits_that_it_has_not_seen(lab: Lab) -> None:
    x, labels = draw_digits(lab)
    held, truth = x[:HELD_OUT].double(), labels[:HELD_OUT]
    out = lab.probe("learn", CONFIG, x[HELD_OUT:], labels[HELD_OUT:])
    weights = {name: out.tensor(name, axes=axes(shape)).double() for name, shape in shapes_of(CONFIG).items()}
    right = Recipe(CONFIG["heads"])
    guess = right(weights, held).argmax(1)
    seen = spread(rolled(right.maps(weights, held[:6])), CONFIG["patch"])
    captions = [f"a {digit}" for digit in truth[:6].tolist()] + ["rollout"] * 6
    lab.show(images("Held-out digits, and where your network looks", torch.cat([held[:6], 2 * seen - 1]), captions))
    lab.show(confusion("Held-out digits", truth, guess, 10))
    share = (guess == truth).double().mean().item()
    hint = (
        "Your weights, as weights_of gives them, were put into our network. Without positions it reads three quarters."
    )
    lab.measures("Share of held-out digits read rightly", share, at_least=GOAL, hint=hint)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("TransformerEncoderLayer", "TransformerEncoder", "Transformer", "transformers", "timm", "torchvision")
