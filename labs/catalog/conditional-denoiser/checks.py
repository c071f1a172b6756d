"""Checks for the conditional denoiser: exact steps against float64, then an expert that our sampler draws with."""

from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, bars, check, images
from judging import Judge, digits
from misconceptions import DROPS, GUIDES, SAMPLERS, WAYS, known
from reference import NULL, Guided, Sampler, Training, Weights, alpha_bars, dropped, leap

TERMS = 64
"""Over 40 seeds and three styles errors stay below a quarter of the tolerance."""
STEPS_OF_TRAINING, RATE, UNTOLD = 5, 0.5, 0.1
T = 100
"""The schedule of *quality*: β from 0.001 to 0.12, after which 0.2 % of the image's variance is left."""
HELD_OUT, COPIES = 200, 20
PLACES = 20
SAMPLES, SHOWN, STRONG = 400, 10, 3.0
RIGHT = 0.85
"""Share of pictures that the judge reads as the digit asked for: the model solution 0.94 to 0.99."""
NEAR = 20.0
"""Fréchet distance from digits: the model solution 1.5 to 4, another style 9; a mean per digit 52 to 54."""
BLIND = 1.5
"""Squared error without the label over that with it: the model solution 1.17 to 1.25; never told 10 in training, 8."""


def draw_bars(lab: Lab) -> Tensor:
    lab.dims("T", T=(8, 12))
    return alpha_bars(lab.uniform("T", low=0.03, high=0.3).double()).float()


def draw_weights(lab: Lab) -> Weights:
    """Of the small network that the learner's functions are given; its labels matter as much as its steps."""
    scaled = {"a": lab.normal("H D", scale=0.4), "b": lab.normal("D H", scale=0.4)}
    return scaled | {"e": lab.normal("T H", scale=0.7), "l": lab.normal(f"{NULL + 1} H")}


def draw_labels(lab: Lab, axes: str) -> Tensor:
    """Digits from 1, so that 0 in the place of the null label shows."""
    return lab.integers(axes, low=1, high=NULL)


def around(lab: Lab, axes: str, p: float) -> Tensor:
    """Numbers in [0, 1), of which the first of every batch is half of p and the second half as much again."""
    u = lab.uniform(axes)
    u[..., 0], u[..., 1] = 0.5 * p, 1.5 * p
    return u


@check("dropping")
def a_label_is_dropped_exactly_where_it_should_be(lab: Lab) -> None:
    lab.fix(B=40)
    p = lab.random.uniform(0.2, 0.4)
    c, u = draw_labels(lab, "B"), around(lab, "B", p)
    out = lab.call("drop_labels", c, u, p)
    mistakes = known(DROPS, c, u, p)
    lab.equals(out, dropped(c, u, p), axes="B", dtype=torch.int64, misconceptions=mistakes)
    lab.equals(
        lab.call("drop_labels", c, u, 0.0), c, axes="B", dtype=torch.int64, hint="This is p = 0: nothing is dropped."
    )


def compare_guided(lab: Lab, scale: float, hint: str = "") -> None:
    weights, x, t = draw_weights(lab), lab.normal("B D"), lab.integers("B", low=0, high=lab.size("T"))
    on = weights, x, t, draw_labels(lab, "B")
    out = lab.probe("guided", *on, scale)
    mistakes = [Misconception(key, text, partial(way, scale=scale)) for key, text, way in GUIDES]
    options = {"terms": TERMS, "misconceptions": mistakes, "hint": hint}
    lab.agrees(out, partial(Guided(), scale=scale), on=on, axes="B D", **options)


@check("guided")
def the_guided_noise_equals_the_reference(lab: Lab) -> None:
    draw_bars(lab)
    compare_guided(lab, lab.random.uniform(2.0, 5.0))


@check("unguided")
def one_means_no_guidance(lab: Lab) -> None:
    draw_bars(lab)
    compare_guided(lab, 1.0, "At scale 1 this is the prediction with the label.")
    compare_guided(lab, 0.0, "At scale 0 this is the prediction without it.")


@check("sampler")
def guided_leaps_end_where_the_references_do(lab: Lab) -> None:
    table = draw_bars(lab)
    places = sorted(lab.random.sample(range(lab.size("T")), 4), reverse=True)
    weights, x, c = draw_weights(lab), lab.normal("B D"), draw_labels(lab, "B")
    case = weights, x, c, lab.random.uniform(1.5, 2.5), places, table
    out = lab.probe("run", *case)
    hint = f"The places are {places}; from the last of them it is one leap to the image."
    mistakes = known(SAMPLERS)
    lab.agrees(out, Sampler(), on=case, axes="B D", terms=4 * TERMS, misconceptions=mistakes, hint=hint)


@check("trajectory")
def five_steps_lead_to_the_references_network(lab: Lab) -> None:
    lab.fix(K=STEPS_OF_TRAINING)
    table = draw_bars(lab)
    weights, x0, noise = draw_weights(lab), *lab.normal("K B D", count=2)
    t = lab.integers("K B", low=1, high=lab.size("T"))
    batches = [x0, draw_labels(lab, "K B"), t, noise, around(lab, "K B", UNTOLD)]
    run = partial(Training.__call__, weights=weights, batches=batches, bars=table, p=UNTOLD, lr=RATE)
    (losses, after), found = run(Training()), [(key, text, run(way)) for key, text, way in WAYS]
    out = lab.probe("trajectory", weights, batches, table, RATE)
    mistakes = [Misconception(key, f"the losses of {text}", partial(torch.clone, ran[0])) for key, text, ran in found]
    lab.equals(out, losses, axes="K", path="losses", terms=4 * TERMS, misconceptions=mistakes)
    for name, axes in {"a": "H D", "b": "D H", "e": "T H", "l": f"{NULL + 1} H"}.items():
        left = [
            Misconception(key, f"what {text} leaves", partial(torch.clone, ran[1][name])) for key, text, ran in found
        ]
        options = {"misconceptions": left, "hint": f"This is array {name} of the given network after its last step."}
        lab.equals(out, after[name], axes=axes, path=f"weights/{name}", terms=4 * TERMS, **options)


class Net:
    """The learner's trained expert: each question is a call into the sandbox, and only predictions come back."""

    def __init__(self, lab: Lab, x0: Tensor, y: Tensor, betas: Tensor) -> None:
        self.lab, self.bars = lab, alpha_bars(betas.double())
        learned = lab.probe("learn", x0, y, betas)
        self.state = {name: learned.any_tensor(name) for name in learned.keys()}  # noqa: SIM118 - a reader of results

    def __call__(self, x: Tensor, t: Tensor, c: Tensor) -> Tensor:
        return self.lab.probe("predict", self.state, x.float(), t, c).tensor(axes=f"{len(x)} 64").double()

    def guided(self, x: Tensor, t: Tensor, c: Tensor, scale: float) -> Tensor:
        if scale == 1.0:
            return self(x, t, c)
        both = self(torch.cat([x, x]), torch.cat([t, t]), torch.cat([c, torch.full_like(c, NULL)]))
        return Guided().join(*both.chunk(2), scale)

    def draw(self, x: Tensor, c: Tensor, scale: float) -> Tensor:
        """Guided DDIM from noise (N, 64) to pictures (N, 64)."""
        places = torch.linspace(T - 1, 0, PLACES).round().long().tolist()
        for t, s in zip(places, [*places[1:], -1], strict=True):
            x = leap(x, t, s, self.guided(x, torch.full((len(x),), t), c, scale), self.bars)
        return x


def measure_blindness(lab: Lab, net: Net, unseen: Tensor, labels: Tensor) -> None:
    """Squared errors of fresh noise on digits that training did not see, without the label and with it."""
    x0, c = unseen.repeat(COPIES, 1), labels.repeat(COPIES)
    t = torch.tensor([at % T for at in range(len(x0))])
    noise = lab.normal(f"{len(x0)} 64")
    bar = net.bars[t][:, None]
    xt = bar.sqrt() * x0 + (1 - bar).sqrt() * noise
    told, blind = ((net(xt, t, label) - noise).square().mean().item() for label in (c, torch.full_like(c, NULL)))
    hint = f"Label {NULL} means: not told. Was it ever seen in training?"
    lab.measures("Squared error without the label over that with it", blind / told, at_most=BLIND, hint=hint)


@check("quality")
def it_draws_what_it_is_told(lab: Lab) -> None:
    first = lab.random.choice([0, 5])  # which of the two experts this is
    x, y = digits(lab)
    ours = (y >= first) & (y < first + 5)
    x, y = x[ours], y[ours]
    net = Net(lab, x[HELD_OUT:], y[HELD_OUT:], torch.linspace(1e-3, 0.12, T))
    wanted = torch.arange(SAMPLES) % 5 + first
    noise = lab.normal(f"{SAMPLES} 64").double()
    drawn, strong = net.draw(noise, wanted, 1.0), net.draw(noise[:SHOWN], wanted[:SHOWN], STRONG)
    captions = [str(digit) for digit in wanted[:SHOWN].tolist()]
    lab.show(images("Drawn as told", drawn[:SHOWN].view(-1, 8, 8), captions))
    lab.show(images(f"From the same noise at scale {STRONG:g}", strong.view(-1, 8, 8), captions))
    judge = Judge(lab)
    right = (judge.read(drawn) == wanted).double()
    shares = torch.stack([right[wanted == digit].mean() for digit in range(first, first + 5)])
    lab.show(bars(f"Read as told, digits {first} to {first + 4}", "digit", share=shares))
    hint = f"This expert draws {first} to {first + 4}; our sampler asked it for {SAMPLES} pictures at scale 1."
    lab.measures("Share of pictures read as the digit asked for", right.mean().item(), at_least=RIGHT, hint=hint)
    distance = judge.distance(drawn, x)
    lab.measures("Fréchet distance from real digits", distance, at_most=NEAR, hint="Are they as varied as digits are?")
    measure_blindness(lab, net, x[:HELD_OUT], y[:HELD_OUT])


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("diffusers", "DDPMScheduler", "DDIMScheduler", "DDPMPipeline", "DDIMPipeline", "UNet2DModel")
