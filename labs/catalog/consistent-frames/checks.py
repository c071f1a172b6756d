"""Checks for consistent frames: float64 formulas, and clips that are drawn for each submission."""

from collections.abc import Callable
from functools import cache, partial, wraps

import torch
from torch import Tensor

from drawing import draw_batch, draw_config, draw_films, draw_layer, draw_layers, draw_levels, exact, shipped
from gpu_runner.checking import Lab, Misconception, Observation, check, curves, images
from misconceptions import LAYER, SAMPLES, VIDEOS, WALKS, known, plain_rows
from reference import ARRAYS, BLOCKS, LEVELS, Recipe, Weights, to_sequences
from scoring import averaged, denoised, noised, psnr

TERMS = 64
STEPS, RATE = 3, 0.3
TRAIN, TEST = 300, 200
JUDGED = 3
"""The level that decides: as much picture as noise."""
GOAL = 0.7

broken: set[str] = set()
"""What does not hold for this submission, of all that the training needs."""


def needed(run: Callable[[Lab], None]) -> Callable[[Lab], None]:
    """Note a check that does not pass: training with what is known to be wrong would cost seconds and tell nothing."""

    @wraps(run)
    def noted(lab: Lab) -> None:
        broken.add(run.__name__.replace("_", " "))
        run(lab)
        broken.discard(run.__name__.replace("_", " "))

    return noted


def read_layer(out: Observation, path: str = "") -> Weights:
    return {name: out.tensor(f"{path}/{name}".strip("/"), axes=axes) for name, axes in ARRAYS.items()}


@check("folds")
@needed
def frames_and_pixels_change_places(lab: Lab) -> None:
    config = draw_config(lab)
    clips, frames = lab.dims("B", B=(2, 4))[0], config["frames"]
    lab.dims("Y X", Y=(3, 6), X=(3, 6))
    lab.fix(BF=clips * frames, N=clips * lab.size("Y") * lab.size("X"))
    h = lab.normal("BF C Y X")
    out = lab.probe("folds", h, frames)
    right = to_sequences(h.double(), frames)
    swapped = to_sequences(h.double().transpose(2, 3), frames)
    wrong = [
        Misconception("plain", "a reshape that moves no axes", lambda: plain_rows(h.double(), frames), "video.layers"),
        Misconception("columns-first", "pixels column by column", lambda: swapped, "attention.shapes"),
    ]
    lab.equals(out, right, axes="N F C", path="rows", terms=1, misconceptions=wrong)
    hint = "to_frames should undo to_sequences."
    wrong = [Misconception("zero", "zeros", lambda: torch.zeros_like(h.double()))]
    lab.equals(out, h.double(), axes="BF C Y X", path="back", terms=1, misconceptions=wrong, hint=hint)


def draw_case(lab: Lab) -> tuple[dict[str, int], Weights, Tensor, Recipe]:
    """Config, weights, states of two clips (B·F, C, Y, X), and the formulas for them."""
    config = draw_config(lab)
    lab.fix(BF=2 * config["frames"])
    lab.dims("Y X", Y=(3, 4), X=(3, 4))
    return config, draw_layer(lab), lab.normal("BF C Y X"), Recipe(heads=config["heads"])


def mistakes_of_a_layer(config: dict[str, int]) -> list[Misconception]:
    """Misconceptions of (weights, h), for this number of heads."""
    found = []
    for key, text, way, skill in LAYER:
        heads = 1 if key == "one-head" else config["heads"]
        found.append(Misconception(key, text, partial(layer_of, way, heads), skill))
    return found


def layer_of(way: Recipe, heads: int, weights: Weights, h: Tensor) -> Tensor:
    fields = {name: getattr(way, name) for name in way.__dataclass_fields__} | {"heads": heads}
    return Recipe(**fields).layer(weights, h)


@check("layer")
@needed
def the_layer_equals_the_reference(lab: Lab) -> None:
    config, weights, h, right = draw_case(lab)
    options = {"config": config, "terms": TERMS, "misconceptions": mistakes_of_a_layer(config)}
    lab.parity("TemporalAttention", right.layer, weights=weights, on=(h,), axes="BF C Y X", **options)
    back = lab.probe("returned", config, weights)
    for name, axes in ARRAYS.items():
        same = torch.equal(back.tensor(name, axes=axes), weights[name])
        lab.require(same, f"read_weights returns another {name} than load_weights was given.")


@check("pixels")
def a_pixel_is_no_business_of_another(lab: Lab) -> None:
    config, weights, h, _ = draw_case(lab)
    weights |= {name: weights[name] / 8 for name in ("wq", "wk")}  # nearly even, so that every frame takes notice
    y, x = lab.random.randrange(h.size(2)), lab.random.randrange(h.size(3))
    frame = lab.random.randrange(
        1, config["frames"]
    )  # a layer that sees earlier frames alone would pass with the first
    other = h.clone()
    other[frame, :, y, x] += lab.normal("C")
    out = lab.probe("moved", config, weights, [h, other])
    before, after = (out.tensor(str(at), axes="BF C Y X") for at in range(2))
    moves = (after - before).abs().amax(1)  # (B·F, Y, X)
    here = moves[: config["frames"], y, x].clone()
    elsewhere = moves.clone()
    elsewhere[: config["frames"], y, x] = 0
    text = f"Frame {frame} was changed at pixel ({y}, {x}), and other pixels or the other clip moved."
    lab.require(elsewhere.max().item() < 1e-4, text, moved=elsewhere.max().item())
    here[frame] = 1.0
    text = f"Frame {frame} was changed at pixel ({y}, {x}), and {int((here < 1e-5).sum())} other frames took no notice."
    lab.require(bool((here >= 1e-5).all()), text)


@check("gradients")
def the_gradient_equals_the_reference(lab: Lab) -> None:
    config, weights, h, right = draw_case(lab)
    options = {"terms": 4 * TERMS, "misconceptions": mistakes_of_a_layer(config)}
    out = {"axes": "BF C Y X", "config": config, "weights": weights}
    lab.gradients_agree("TemporalAttention", right.layer, by={"h": h}, **out, **options)


@check("starts")
@needed
def a_fresh_video_model_is_the_image_model(lab: Lab) -> None:
    image, layers = shipped(lab), draw_layers(lab)
    x, t = lab.normal("B 1 F S S"), draw_levels(lab)
    out = lab.probe("fresh", image, x, t)

    def answer(way: Recipe, layers: list[Weights]) -> Tensor:
        return way.video(exact(image), [exact(layer) for layer in layers], x.double(), t)

    zeroed = [layer | {"wo": 0 * layer["wo"], "bo": 0 * layer["bo"]} for layer in layers]
    turned = VIDEOS[0]
    wrong = [
        Misconception(turned[0], turned[1], lambda: answer(turned[2], zeroed), turned[3]),
        Misconception("zero", "zeros", lambda: torch.zeros_like(x.double())),
    ]
    hint = "A fresh layer adds nothing: its last projection starts at zero."
    lab.equals(out, answer(Recipe(), []), axes="B 1 F S S", path="y", terms=TERMS, misconceptions=wrong, hint=hint)


@check("video")
@needed
def the_video_model_equals_the_reference(lab: Lab) -> None:
    image, layers = shipped(lab), draw_layers(lab)
    x, t = lab.normal("B 1 F S S"), draw_levels(lab)
    out = lab.probe("denoised", image, layers, x, t)
    doubled = [exact(layer) for layer in layers]

    def answer(way: Recipe, layers: list[Weights] = doubled) -> Tensor:
        return way.video(exact(image), layers, x.double(), t)

    wrong = [
        *known(VIDEOS, answer),
        Misconception("image-alone", "the image model alone", lambda: answer(Recipe(), []), "video.layers"),
        Misconception("layers-swapped", "layers in the other order", lambda: answer(Recipe(), doubled[::-1])),
    ]
    lab.equals(out, answer(Recipe()), axes="B 1 F S S", terms=TERMS, misconceptions=wrong)


@check("frozen")
def nothing_but_the_layers_is_trainable(lab: Lab) -> None:
    image, layers = shipped(lab), draw_layers(lab)
    out = lab.probe("fresh", image, lab.normal("B 1 F S S"), draw_levels(lab))
    numbers = sum(array.numel() for layer in layers for array in layer.values())
    lab.measures("Trainable numbers", out.integer("trainable"), exactly=numbers)


@check("steps")
@needed
def three_steps_lead_to_the_references_layers(lab: Lab) -> None:
    image, layers = shipped(lab), draw_layers(lab)
    batches = [draw_batch(lab) for _ in range(STEPS)]
    lab.fix(K=STEPS)
    out = lab.probe("walk", image, layers, [list(batch) for batch in batches], RATE)

    @cache
    def walked(way: Recipe) -> tuple[Tensor, list[Weights]]:
        doubled = [exact(layer) for layer in layers]
        return way.walk(exact(image), doubled, [batch.double() for batch in batches], RATE)

    wrong = known(WALKS, lambda way: walked(way)[0], "the losses of {}")
    hint = "These are the losses that train_step returned, each from before its step."
    options = {"terms": TERMS, "misconceptions": wrong, "hint": hint}
    lab.equals(out, walked(Recipe())[0], axes="K", path="losses", **options)
    for at in range(BLOCKS):
        for name, array in read_layer(out, f"layers/{at}").items():
            right = walked(Recipe())[1][at][name]
            wrong = known(WALKS, lambda way, at=at, name=name: walked(way)[1][at][name], f"{name} after {{}}")
            options = {
                "terms": TERMS,
                "misconceptions": wrong,
                "hint": f"{name} of layer {at} after the steps.",
            }
            lab.equals(array, right, axes=ARRAYS[name], **options)
    for name, before in image.items():
        after = out.tensor(f"image/{name}", axes=" ".join(map(str, before.shape)))
        lab.require(torch.equal(after, before), f"Training changed {name} of the image model, which is frozen.")


@check("sample")
def clips_are_drawn_from_noise(lab: Lab) -> None:
    image, layers = shipped(lab), draw_layers(lab)
    noise = lab.normal("B 1 F S S")
    out = lab.probe("sample", image, layers, noise)

    def answer(way: Recipe) -> Tensor:
        return way.sample(exact(image), [exact(layer) for layer in layers], noise.double())

    lab.equals(out, answer(Recipe()), axes="B 1 F S S", terms=4 * TERMS, misconceptions=known(SAMPLES + VIDEOS, answer))


@check("consistent")
def frames_of_new_clips_profit_from_each_other(lab: Lab) -> None:
    text = "It is not trained before the layer, the video model and its steps are right; see the checks above."
    lab.require(not broken, text, missing=sorted(broken))
    image, train, clean = shipped(lab), draw_films(lab, TRAIN), draw_films(lab, TEST)
    lab.fix(C=16, F=8)
    out = lab.probe("learn", image, train)
    count = len(out.keys())
    lab.require(count == BLOCKS, f"train returned {count} layers; there is one behind each of {BLOCKS} blocks.")
    layers = [read_layer(out, str(at)) for at in range(BLOCKS)]
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(lab.random.getrandbits(60)))
    gains = {"yours": [], "neighbours averaged": []}
    for level in range(LEVELS):
        noisy = noised(clean, level, noise)
        alone = psnr(denoised(image, [], noisy, level), clean)
        yours, mean = denoised(image, layers, noisy, level), denoised(image, [], averaged(noisy), level)
        gains["yours"].append(psnr(yours, clean) - alone)
        gains["neighbours averaged"].append(psnr(mean, clean) - alone)
    lab.show(curves("dB gained over the image model by itself, at each level of noise", "level", **gains))
    show_clip(lab, image, layers, noised(clean[:1], JUDGED, noise[:1]), clean[:1])
    show_samples(lab, image, layers)
    hint = f"Averaging neighbouring frames first gains {gains['neighbours averaged'][JUDGED]:.1f} dB."
    lab.measures(f"dB gained on new clips at level {JUDGED}", gains["yours"][JUDGED], at_least=GOAL, hint=hint)


def show_clip(lab: Lab, image: Weights, layers: list[Weights], noisy: Tensor, clean: Tensor) -> None:
    rows = [noisy, denoised(image, [], noisy, JUDGED), denoised(image, layers, noisy, JUDGED), clean]
    names = ["noisy", "by itself", "yours", "clean"]
    frames = torch.cat([row[0].transpose(0, 1) for row in rows])
    captions = [name for name in names for _ in range(clean.size(2))]
    lab.show(images("A new clip, frame by frame", frames, captions, low=-1.0, high=1.0))


def show_samples(lab: Lab, image: Weights, layers: list[Weights]) -> None:
    noise = lab.normal("1 1 8 12 12")
    clips = [Recipe().sample(image, way, noise)[0].transpose(0, 1).float() for way in ([], layers)]
    captions = ["image model"] * 8 + ["yours"] * 8
    lab.show(images("Drawn from the same noise, frame by frame", torch.cat(clips), captions, low=-1.0, high=1.0))
