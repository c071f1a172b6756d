"""Checks for a DDPM: exact steps against float64, then a network whose predictions the trusted side samples with."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check, curves, images
from judging import Judge, digits
from misconceptions import LEAPS, LOSSES, NOISY, SAMPLERS, STEPS, VARIANCES, WAYS, known
from reference import Ancestral, Leap, Loss, Sampler, Training, Weights, alpha_bars, posterior_variance

TERMS = 32
"""Over 40 seeds and three styles errors stay below a quarter of the tolerance."""
STEPS_OF_TRAINING, RATE = 5, 0.5
T = 100
"""The schedule of *quality*: β from 0.001 to 0.12, after which 0.2 % of the image's variance is left."""
HELD_OUT, COPIES = 400, 10
SHARE = 0.58
"""The model solution reaches 0.47 to 0.51; without roots in training 0.61 to 0.63, all digits by heart 4, nothing 1."""
SAMPLES, LEAPS_OF_SAMPLER = 400, 20
NEAR = 40.0
"""Fréchet distance: the model solution 6 to 16, without roots 66 to 83, untrained hundreds; digits from digits 1.7."""


def draw_betas(lab: Lab) -> Tensor:
    lab.dims("T", T=(8, 12))
    return lab.uniform("T", low=0.03, high=0.3)


def draw_weights(lab: Lab) -> Weights:
    """Of the small network that the learner's functions are given."""
    return {"a": lab.normal("H D", scale=0.4), "b": lab.normal("D H", scale=0.4), "e": lab.normal("T H")}


def draw_batch(lab: Lab, axes: str) -> tuple[Tensor, Tensor, Tensor]:
    """Images, steps of which none is 0 and the first two differ, and noise."""
    t = lab.integers(axes.removesuffix(" D"), low=2, high=lab.size("T"))
    t[..., 0] = 1
    return lab.normal(axes), t, lab.normal(axes)


@check("loss")
def the_loss_equals_the_reference(lab: Lab) -> None:
    bars = alpha_bars(draw_betas(lab).double()).float()
    weights = draw_weights(lab)
    case = weights, *draw_batch(lab, "B D"), bars
    lab.agrees(lab.probe("loss", *case), Loss(), on=case, axes="", terms=TERMS, misconceptions=known(LOSSES))


@check("posterior-variance")
def the_posteriors_variances_equal_the_reference(lab: Lab) -> None:
    betas = draw_betas(lab)
    out = lab.call("posterior_variance", betas)
    # 1 − ᾱ loses digits where ᾱ is near 1: float32 is off by some ε/β, relatively.
    lab.agrees(out, posterior_variance, on=(betas,), axes="T", tolerance=5e-6, misconceptions=known(VARIANCES))


def compare_step(lab: Lab, t: int, others: list[tuple[str, str, Ancestral]], hint: str) -> None:
    for variance in ("beta", "posterior"):
        betas = lab.uniform("T", low=0.03, high=0.3)
        x, eps, z = lab.normal("B D", count=3)
        out = lab.call("ddpm_step", x, t, eps, z, betas, variance=variance)
        right = [partial(step, variance=variance) for step in (Ancestral(), *(step for _, _, step in others))]
        mistakes = [Misconception(key, text, fn) for (key, text, _), fn in zip(others, right[1:], strict=True)]
        say = f'This is the step from t = {t} with variance="{variance}".{hint}'
        on = (x, t, eps, z, betas)
        lab.agrees(out, right[0], on=on, axes="B D", terms=TERMS, misconceptions=mistakes, hint=say)


@check("ancestral")
def one_step_back_equals_the_reference(lab: Lab) -> None:
    lab.dims("T", T=(8, 12))
    compare_step(lab, lab.random.choice([1, 2, 3]), STEPS, "")


@check("last")
def the_last_step_adds_no_noise(lab: Lab) -> None:
    lab.dims("T", T=(8, 12))
    noisy = ("noisy-last", "a last step that adds noise", NOISY)
    compare_step(lab, 0, [noisy, *STEPS], " What it gives is the image.")


@check("ddim")
def a_leap_equals_the_reference(lab: Lab) -> None:
    bars = alpha_bars(draw_betas(lab).double()).float()
    t = lab.random.randrange(4, lab.size("T") - 1)
    for s in (t - 1, lab.random.randrange(0, t - 1), -1):
        x, eps = lab.normal("B D", count=2)
        out = lab.call("ddim_step", x, t, s, eps, bars)
        hint = f"This is the leap from t = {t} to s = {s}" + (", the image." if s < 0 else ".")
        options = {"terms": TERMS, "misconceptions": known(LEAPS), "hint": hint}
        lab.agrees(out, Leap(), on=(x, t, s, eps, bars), axes="B D", **options)


@check("sampler")
def all_steps_end_where_the_references_do(lab: Lab) -> None:
    betas = draw_betas(lab)
    case = draw_weights(lab), lab.normal("B D"), lab.normal("T B D"), betas
    out = lab.probe("run", *case)
    lab.agrees(out, Sampler(), on=case, axes="B D", terms=4 * TERMS, misconceptions=known(SAMPLERS))


@check("trajectory")
def five_steps_lead_to_the_references_network(lab: Lab) -> None:
    lab.fix(K=STEPS_OF_TRAINING)
    bars = alpha_bars(draw_betas(lab).double()).float()
    weights, batches = draw_weights(lab), draw_batch(lab, "K B D")
    losses, after = Training()(weights, list(batches), bars, RATE)
    out = lab.probe("trajectory", weights, *batches, bars, RATE)
    found = [(key, text, way(weights, list(batches), bars, RATE)) for key, text, way in WAYS]
    mistakes = [Misconception(key, f"the losses of {text}", partial(torch.clone, ran[0])) for key, text, ran in found]
    lab.equals(out, losses, axes="K", path="losses", terms=4 * TERMS, misconceptions=mistakes)
    for name, axes in {"a": "H D", "b": "D H", "e": "T H"}.items():
        answers: list[tuple[str, str, Callable[[], Tensor]]] = [
            (key, f"what is left by {text}", partial(torch.clone, ran[1][name])) for key, text, ran in found
        ]
        hint = f"This is array {name} of the given network after {STEPS_OF_TRAINING} steps."
        options = {"misconceptions": known(answers), "hint": hint, "terms": 4 * TERMS}
        lab.equals(out, after[name], axes=axes, path=f"weights/{name}", **options)


class Net:
    """The learner's trained network: each question is a call into the sandbox, and only predictions come back."""

    def __init__(self, lab: Lab, x0: Tensor, betas: Tensor) -> None:
        self.lab, self.bars = lab, alpha_bars(betas.double())
        learned = lab.probe("learn", x0, betas)
        self.state = {name: learned.any_tensor(name) for name in learned.keys()}  # noqa: SIM118 - a reader of results

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        return self.lab.probe("predict", self.state, x, t).tensor(axes=f"{len(x)} 64").double()

    def draw(self, x: Tensor) -> Tensor:
        """DDIM from noise (N, 64) to pictures (N, 64)."""
        places = torch.linspace(T - 1, 0, LEAPS_OF_SAMPLER).round().long().tolist()
        for t, s in zip(places, [*places[1:], -1], strict=True):
            x = Leap()(x, t, s, self(x.float(), torch.full((len(x),), t)), self.bars)
        return x


def measure_errors(lab: Lab, net: Net, unseen: Tensor) -> None:
    """Squared errors of fresh noise on digits that training did not see, against those of x_t · √(1 − ᾱ)."""
    x0 = unseen.repeat(COPIES, 1)
    t = torch.tensor([at % T for at in range(len(x0))])
    noise = lab.normal(f"{len(x0)} 64")
    bar = net.bars[t][:, None]
    xt = bar.sqrt() * x0 + (1 - bar).sqrt() * noise
    guesses = {"network": net(xt.float(), t), "without": (1 - bar).sqrt() * xt}
    errors = {name: (guess - noise).square().mean(1) for name, guess in guesses.items()}
    by_step = {name: error.view(-1, T).mean(0) for name, error in errors.items()}
    lab.show(curves("Mean squared error by step: yours, and √(1 − ᾱ)·x_t", "t", **by_step))
    share = (errors["network"].mean() / errors["without"].mean()).item()
    hint = "x_t · √(1 − ᾱ) is the best guess of someone who has never seen a digit."
    lab.measures("Squared error over that of the best guess without a network", share, at_most=SHARE, hint=hint)


@check("quality")
def it_draws_what_looks_like_digits(lab: Lab) -> None:
    x, _ = digits(lab)
    betas = torch.linspace(1e-3, 0.12, T)
    net = Net(lab, x[HELD_OUT:], betas)
    measure_errors(lab, net, x[:HELD_OUT])
    drawn = net.draw(lab.normal(f"{SAMPLES} 64").double())
    lab.show(images("Drawn with your network", drawn[:16].view(-1, 8, 8)))
    distance = Judge(lab).distance(drawn, x)
    hint = f"Our sampler drew {SAMPLES} pictures with your network; noise is 500 away from digits."
    lab.measures("Fréchet distance from digits", distance, at_most=NEAR, hint=hint)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("diffusers", "DDPMScheduler", "DDIMScheduler", "DDPMPipeline", "DDIMPipeline", "UNet2DModel")
