"""Checks for the losses of VAE and GAN: float64 formulas, and the mistakes they are told apart from."""

from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check, curves
from misconceptions import (
    BERNOULLIS,
    DISCRIMINATORS,
    DRAWS,
    GAUSSIANS,
    GENERATORS,
    KLS,
    OPTIMA,
    R1S,
    Mistakes,
    games,
    known,
    vaes,
)
from reference import (
    Game,
    Loss,
    Vae,
    Weights,
    bernoulli_nll,
    discriminator_loss,
    gaussian_nll,
    judge,
    kl,
    minimax,
    non_saturating,
    optimal_discriminator,
    paint,
    r1,
    reparameterise,
)

TERMS = 16
WALK_TERMS = 64
RATE = 0.5
WISHES = {"non-saturating": non_saturating, "minimax": minimax}


@check("reparameterise")
def the_draw_equals_the_reference(lab: Lab) -> None:
    mu, logvar, noise = lab.normal("B Z", count=3)
    out = lab.call("reparameterise", mu, logvar, noise)
    options = {"terms": TERMS, "misconceptions": known(DRAWS)}
    lab.agrees(out, reparameterise, on=(mu, logvar, noise), axes="B Z", **options)
    by = {"mu": mu, "logvar": logvar, "noise": noise}
    lab.gradients_agree("reparameterise", reparameterise, by=by, axes="B Z", **options)


@check("kl")
def the_divergence_equals_its_closed_form(lab: Lab) -> None:
    mu, logvar = lab.normal("B Z", count=2)
    out = lab.call("kl", mu, logvar)
    lab.agrees(out, kl, on=(mu, logvar), axes="B", terms=TERMS, misconceptions=known(KLS))


@check("bernoulli")
def the_bernoulli_likelihood_is_a_sum(lab: Lab) -> None:
    x = lab.uniform("B C H W")
    for scale, words in {
        2.0: "Logits of order one.",
        300.0: "Logits of several hundred: no sigmoid bears them.",
    }.items():
        logits = lab.normal("B C H W", scale=scale)
        options = {"terms": TERMS, "misconceptions": known(BERNOULLIS), "hint": words}
        lab.agrees(lab.call("bernoulli_nll", logits, x), bernoulli_nll, on=(logits, x), axes="B", **options)


@check("gaussian")
def the_gaussian_likelihood_has_its_constant(lab: Lab) -> None:
    mean, x = lab.normal("B C H W", count=2)
    sigma = lab.random.uniform(0.3, 0.6)
    out = lab.call("gaussian_nll", mean, x, sigma)
    on = mean.double(), x.double(), sigma
    lab.equals(out, gaussian_nll(*on), axes="B", terms=TERMS, misconceptions=known(GAUSSIANS, *on))


@check("vae-loss")
def the_whole_loss_equals_the_reference(lab: Lab) -> None:
    lab.dims("B P Z", B=(4, 7), P=(8, 15), Z=(2, 6))
    w = {name: lab.normal("Z P", scale=0.5) for name in ("mu", "logvar")} | {"decode": lab.normal("P Z", scale=1.5)}
    x, noise = lab.uniform("B P"), lab.normal("B Z")
    for options in ({"beta": lab.random.uniform(2.0, 4.0)}, {}):
        right = Vae(options.get("beta", 1.0))
        out = lab.probe("vae", w, x, noise, options)
        slopes = partial(slopes_of, w=w, on=(x.double(), noise.double()))
        compare_loss(lab, out, right, vaes(right), slopes, hint="" if options else "Without beta, so beta is 1.")


def slopes_of(loss: Loss, w: Weights, on: tuple[Tensor, ...]) -> Weights:
    """A loss (weights, *on) and its gradients by every array, in float64."""
    leaves = {name: array.double().requires_grad_() for name, array in w.items()}
    value = loss(leaves, *on)
    found = torch.autograd.grad(value, list(leaves.values()), materialize_grads=True, allow_unused=True)
    return {"loss": value.detach(), **dict(zip(leaves, found, strict=True))}


def compare_loss(lab: Lab, out: object, right: Loss, others: list, slopes: Loss, hint: str) -> None:
    """A scalar loss and its gradients by named arrays, each against those of every known mistake."""
    expected = slopes(right)
    for name, tensor in expected.items():
        what = "" if name == "loss" else f"the gradient by {name} of "
        wrong = [
            Misconception(key, what + text, partial(lambda fn, name: slopes(fn)[name], fn, name))
            for key, text, fn in others
        ]
        axes = " ".join(map(str, tensor.shape))
        lab.equals(out, tensor, axes=axes, path=name, terms=WALK_TERMS, misconceptions=wrong, hint=hint)


def compare_game_loss(
    lab: Lab, name: str, right: Loss, others: Mistakes, logits: dict[str, Tensor], options: dict[str, str]
) -> None:
    out = lab.probe("loss_and_slopes", name, list(logits.values()), options)
    slopes = partial(slopes_of, w=logits, on=())
    expected = slopes(lambda w: right(*w.values()))
    paths = {"loss": "loss"} | {key: f"by/{at}" for at, key in enumerate(logits)}
    for key, path in paths.items():
        what = "" if key == "loss" else f"the gradient by the {key} logits of "
        wrong = [
            Misconception(k, what + text, partial(lambda fn, key: slopes(lambda w: fn(*w.values()))[key], fn, key))
            for k, text, fn in others
        ]
        hint = f"This is {name}{options or ''}."
        axes = "" if key == "loss" else f"{len(logits[key])}"
        lab.equals(out, expected[key], axes=axes, path=path, terms=TERMS, misconceptions=wrong, hint=hint)


@check("gan-losses")
def both_sides_equal_the_reference(lab: Lab) -> None:
    real, fake = lab.normal("R", scale=2.0), lab.normal("F", scale=2.0)
    logits = {"real": real, "fake": fake}
    compare_game_loss(lab, "discriminator_loss", discriminator_loss, DISCRIMINATORS, logits, {})
    for kind, right in WISHES.items():
        others = [mistake for mistake in GENERATORS if mistake[0] != kind]
        compare_game_loss(lab, "generator_loss", right, others, {"fake": fake}, {"kind": kind})
    others = [mistake for mistake in GENERATORS if mistake[0] != "non-saturating"]
    compare_game_loss(lab, "generator_loss", non_saturating, others, {"fake": fake}, {})


@check("saturation")
def sure_logits_leave_a_gradient(lab: Lab) -> None:
    show_slopes(lab)
    sure = lab.uniform("R", low=100.0, high=200.0)
    logits = {"real": -sure, "fake": sure.flip(0)}
    compare_game_loss(lab, "discriminator_loss", discriminator_loss, DISCRIMINATORS, logits, {})
    for kind, right in WISHES.items():
        others = [mistake for mistake in GENERATORS if mistake[0] != kind]
        compare_game_loss(lab, "generator_loss", right, others, {"fake": -sure}, {"kind": kind})


def show_slopes(lab: Lab) -> None:
    """How strongly each wish of the generator pulls, over the discriminator's logit."""
    logits = torch.linspace(-8, 8, 65)
    found = [lab.probe("loss_and_slopes", "generator_loss", [logits], {"kind": kind}) for kind in WISHES]
    lines = [-65 * out.tensor("by/0", axes="65") for out in found]
    title = "Pull on the generator, logits from −8 (surely a fake) to 8"
    lab.show(curves(title, "(logit + 8) · 4", **dict(zip(WISHES, lines, strict=True))))


def draw_players(lab: Lab) -> Weights:
    lab.dims("B P Z K", B=(5, 8), P=(6, 10), Z=(2, 4), K=(6, 10))
    w = {"d1": lab.normal("K P", scale=0.5), "d2": lab.normal("K", scale=0.8)}
    return w | {"g1": lab.normal("K Z"), "g2": lab.normal("P K", scale=0.8)}


@check("r1")
def the_penalty_equals_the_reference(lab: Lab) -> None:
    w, gamma = draw_players(lab), lab.random.uniform(3.0, 9.0)
    judge_alone = {name: w[name] for name in ("d1", "d2")}
    x = lab.normal("B P")
    out = lab.probe("penalty", judge_alone, x, gamma)
    slopes = partial(slopes_of, w=judge_alone, on=(x.double(), gamma))
    expected = slopes(r1)
    for name, path in {"loss": "value", "d1": "d1", "d2": "d2"}.items():
        what = "" if name == "loss" else f"the gradient by {name} of "
        wrong = [
            Misconception(key, what + text, partial(lambda fn, name: slopes(fn)[name], fn, name))
            for key, text, fn in R1S
        ]
        axes = " ".join(map(str, expected[name].shape))
        lab.equals(out, expected[name], axes=axes, path=path, terms=WALK_TERMS, misconceptions=wrong)


@check("detach")
def no_gradient_reaches_the_generator(lab: Lab) -> None:
    w = draw_players(lab)
    real, z = lab.normal("B P"), lab.normal("B Z")
    out = lab.probe("after_discriminator_step", w, real, z, RATE)
    leaked = slopes_of(lambda w: discriminator_loss(judge(w, real.double()), judge(w, paint(w, z.double()))), w, ())
    fooled = slopes_of(lambda w: non_saturating(judge(w, paint(w, z.double()))), w, ())
    for name in ("g1", "g2"):
        wrong = [
            Misconception(
                "not-detached",
                f"the gradient of the discriminator's loss by {name}",
                partial(torch.clone, leaked[name]),
            ),
            Misconception(
                "generator-too", f"the gradient of the generator's loss by {name}", partial(torch.clone, fooled[name])
            ),
        ]
        hint = f"This is the gradient by the generator's {name} after discriminator_step: there should be none."
        axes = " ".join(map(str, w[name].shape))
        lab.equals(out, torch.zeros_like(leaked[name]), axes=axes, path=name, terms=1, misconceptions=wrong, hint=hint)
    moved = Game(RATE).run(w, real[None], torch.stack([z, z])[None])[1]
    right = judge(moved, real.double())
    wrong = [
        Misconception(
            "no-step",
            "a discriminator that did not move",
            lambda: judge({n: a.double() for n, a in w.items()}, real.double()),
        )
    ]
    lab.equals(out, right, axes="B", path="logits", terms=WALK_TERMS, misconceptions=wrong, hint="The step itself.")


@check("game")
def two_rounds_lead_to_the_references_players(lab: Lab) -> None:
    w = draw_players(lab)
    real, z = lab.normal("2 B P"), lab.normal("2 2 B Z")
    out = lab.probe("game", w, real, z, RATE)
    losses, moved = Game(RATE).run(w, real, z)
    others = [(name, text, way.run(w, real, z)) for name, text, way in games(Game(RATE))]
    wrong = [Misconception(name, f"the losses of {text}", partial(torch.clone, ran[0])) for name, text, ran in others]
    hint = "A row for each round: the discriminator's loss and the generator's, both from before their steps."
    lab.equals(out, losses, axes="2 2", path="losses", terms=WALK_TERMS, misconceptions=wrong, hint=hint)
    for name, array in moved.items():
        wrong = [
            Misconception(key, f"the {name} of {text}", partial(torch.clone, ran[1][name])) for key, text, ran in others
        ]
        options = {"terms": WALK_TERMS, "misconceptions": wrong, "hint": f"This is {name} after two rounds."}
        lab.equals(out, array, axes=" ".join(map(str, array.shape)), path=name, **options)


@check("optimum")
def the_best_discriminator_is_a_share(lab: Lab) -> None:
    lab.dims("K", K=(6, 10))
    p, q = lab.uniform("K", low=0.1), lab.uniform("K", low=0.1)
    p[0], q[1], p[2], q[2] = 0.0, 0.0, 0.0, 0.0
    p, q = p / p.sum(), q / q.sum()
    out = lab.call("optimal_discriminator", p, q)
    hint = "The first value has p = 0, the second q = 0, the third both."
    options = {"terms": TERMS, "misconceptions": known(OPTIMA), "hint": hint}
    lab.agrees(out, optimal_discriminator, on=(p, q), axes="K", **options)
