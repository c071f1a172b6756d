"""What people compute instead: the losses with one ingredient changed. Texts fit after "your answer equals"."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from torch import Tensor
from torch.nn.functional import softplus

from gpu_runner.checking import Misconception
from reference import (
    Game,
    Vae,
    Weights,
    bernoulli_nll,
    discriminator_loss,
    gaussian_nll,
    kl,
    minimax,
    non_saturating,
    optimal_discriminator,
    r1,
    reparameterise,
)

Mistakes = list[tuple[str, str, Callable[..., Tensor]]]


def known(mistakes: Mistakes, *on: object) -> list[Misconception]:
    """With `on`, for `lab.equals`; without, for `lab.agrees`."""
    return [Misconception(name, text, partial(fn, *on) if on else fn) for name, text, fn in mistakes]


DRAWS: Mistakes = [
    ("variance", "noise scaled by the variance and not its root", lambda m, v, e: m + v.exp() * e),
    ("logvar", "noise scaled by logvar itself", lambda m, v, e: m + v * e),
    ("double", "noise scaled by exp(2 · logvar)", lambda m, v, e: m + (2 * v).exp() * e),
    ("noiseless", "the mean without noise", lambda m, v, e: m + 0 * v * e),
    ("cut", "a draw that no gradient goes through", lambda m, v, e: reparameterise(m, v, e).detach() + 0 * (m + v + e)),
    ("spread-cut", "a draw whose spread is cut from its graph", lambda m, v, e: m + (v.detach() / 2).exp() * e + 0 * v),
]


def backwards(mu: Tensor, logvar: Tensor) -> Tensor:
    return 0.5 * ((mu.square() + 1) / logvar.exp() - 1 + logvar).flatten(1).sum(1)


KLS: Mistakes = [
    ("mean", "a mean over the dimensions and not their sum", lambda m, v: kl(m, v) / m[0].numel()),
    ("no-half", "twice the divergence", lambda m, v: 2 * kl(m, v)),
    ("sign", "the divergence with the wrong sign", lambda m, v: -kl(m, v)),
    ("deviation", "logvar taken for the logarithm of the deviation", lambda m, v: kl(m, 2 * v)),
    ("variance", "logvar taken for the variance", lambda m, v: 0.5 * (m**2 + v - 1 - v.abs().log()).flatten(1).sum(1)),
    ("backwards", "the divergence the other way round", backwards),
    ("no-one", "a divergence without its −1", lambda m, v: kl(m, v) + 0.5 * m[0].numel()),
    ("no-mean", "a divergence without the mean", lambda m, v: kl(0 * m, v)),
]


BERNOULLIS: Mistakes = [
    ("mean", "a mean over the pixels and not their sum", lambda s, x: bernoulli_nll(s, x) / x[0].numel()),
    ("sign", "the log-likelihood and not its negative", lambda s, x: -bernoulli_nll(s, x)),
    ("one-sided", "the term of the white pixels alone", lambda s, x: (x * softplus(-s)).flatten(1).sum(1)),
    ("sigmoid-twice", "a sigmoid applied twice", lambda s, x: bernoulli_nll(s.sigmoid(), x)),
    ("flipped", "black and white exchanged", lambda s, x: bernoulli_nll(-s, x)),
    ("squared", "squared errors", lambda s, x: (s.sigmoid() - x).square().flatten(1).sum(1)),
]
GAUSSIANS: Mistakes = [
    ("mean", "a mean over the pixels and not their sum", lambda m, x, s: gaussian_nll(m, x, s) / x[0].numel()),
    ("no-constant", "a likelihood without ½ log 2π", lambda m, x, s: lacking(m, x, s, math.log(s))),
    ("no-spread", "a likelihood without log σ", lambda m, x, s: lacking(m, x, s, math.log(2 * math.pi) / 2)),
    ("errors", "scaled squared errors alone", lambda m, x, s: lacking(m, x, s, 0.0)),
    ("variance", "σ taken for the variance", lambda m, x, s: gaussian_nll(m, x, s**0.5)),
    ("no-half", "a likelihood without its ½", lambda m, x, s: gaussian_nll(m, x, s) + lacking(m, x, s, 0.0)),
    ("sign", "the log-likelihood and not its negative", lambda m, x, s: -gaussian_nll(m, x, s)),
]


def lacking(mean: Tensor, x: Tensor, sigma: float, constant: float) -> Tensor:
    return (0.5 * ((x - mean) / sigma).square() + constant).flatten(1).sum(1)


def cut(mu: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    return reparameterise(mu, logvar, noise).detach()


VAES: list[tuple[str, str, dict[str, object]]] = [
    ("no-beta", "a loss without β", {"beta": 1.0}),
    ("pixel-mean", "a likelihood averaged over pixels", {"likelihood": lambda s, x: bernoulli_nll(s, x) / x.size(1)}),
    ("kl-mean", "a divergence averaged over dimensions", {"divergence": lambda m, v: kl(m, v) / m.size(1)}),
    ("batch-sum", "a sum over the images and not their mean", {"join": lambda n, d, b: (n + b * d).sum()}),
    ("beta-elsewhere", "β on the likelihood", {"join": lambda n, d, b: (b * n + d).mean()}),
    ("kl-subtracted", "the divergence subtracted", {"join": lambda n, d, b: (n - b * d).mean()}),
    ("no-kl", "the likelihood alone", {"join": lambda n, _d, _b: n.mean()}),
    ("noiseless", "the mean decoded, without noise", {"draw": lambda m, _v, _e: m}),
    ("cut", "a gradient that is cut at the draw", {"draw": cut}),
]


def vaes(right: Vae) -> list[tuple[str, str, Vae]]:
    return [(name, text, replace(right, **change)) for name, text, change in VAES]


DISCRIMINATORS: Mistakes = [
    ("labels-swapped", "real and fake with each other's label", lambda r, f: discriminator_loss(f, r)),
    ("halved", "the mean of both sides and not their sum", lambda r, f: discriminator_loss(r, f) / 2),
    ("sign", "the value of the game, which the discriminator raises", lambda r, f: -discriminator_loss(r, f)),
    ("real-only", "the side of the real images alone", lambda r, f: softplus(-r).mean() + 0 * f.sum()),
    ("sigmoid-twice", "a sigmoid applied twice", lambda r, f: discriminator_loss(r.sigmoid(), f.sigmoid())),
    ("summed", "sums over the images", lambda r, f: softplus(-r).sum() + softplus(f).sum()),
]
GENERATORS: Mistakes = [
    ("minimax", "the minimax loss", minimax),
    ("non-saturating", "the non-saturating loss", non_saturating),
    ("sign", "a loss with the wrong sign, −log(1 − D)", lambda f: -minimax(f)),
    ("sign-of-wish", "log D, with the wrong sign", lambda f: -non_saturating(f)),
    ("logits", "the mean logit alone", lambda f: -f.mean()),
    ("sigmoid-twice", "a sigmoid applied twice", lambda f: non_saturating(f.sigmoid())),
    ("summed", "a sum over the images", lambda f: softplus(-f).sum()),
]


def r1_with(penalty: Callable[[Tensor, float], Tensor]) -> Callable[[Weights, Tensor, float], Tensor]:
    return partial(r1, penalty=penalty)


R1S: Mistakes = [
    ("no-half", "γ and not γ/2", r1_with(lambda s, g: g * s.square().sum(1).mean())),
    ("not-squared", "lengths that are not squared", r1_with(lambda s, g: g / 2 * s.norm(dim=1).mean())),
    ("pixel-mean", "a mean over pixels", r1_with(lambda s, g: g / 2 * s.square().mean())),
    ("batch-sum", "a sum over the images", r1_with(lambda s, g: g / 2 * s.square().sum())),
    (
        "around-one",
        "the gradient penalty of WGAN, around 1",
        r1_with(lambda s, g: g / 2 * (s.norm(dim=1) - 1).square().mean()),
    ),
    (
        "no-graph",
        "a penalty without a graph",
        lambda w, x, g: r1(w, x, g).detach() + 0 * sum(a.sum() for a in w.values()),
    ),
]
GAMES: list[tuple[str, str, dict[str, object]]] = [
    ("not-cleared", "players whose gradients add up", {"cleared": False}),
    ("minimax", "a generator on the minimax loss", {"wish": minimax}),
    ("both-step", "a generator step that moves the discriminator too", {"both": True}),
    ("generator-first", "a generator that steps first", {"generator_first": True}),
    ("halved", "a discriminator on half its loss", {"against": lambda r, f: discriminator_loss(r, f) / 2}),
    ("labels-swapped", "a discriminator with labels exchanged", {"against": lambda r, f: discriminator_loss(f, r)}),
    ("no-step", "players that never move", {"rate": 0.0}),
]


def games(right: Game) -> list[tuple[str, str, Game]]:
    return [(name, text, replace(right, **change)) for name, text, change in GAMES]


OPTIMA: Mistakes = [
    ("of-model", "the share of the model, q / (p + q)", lambda p, q: optimal_discriminator(q, p)),
    ("ratio", "the ratio p / q", lambda p, q: p / q.clamp(min=1e-12)),
    ("logit", "the logit log p − log q", lambda p, q: p.clamp(min=1e-12).log() - q.clamp(min=1e-12).log()),
    ("sigmoid", "a sigmoid of the difference", lambda p, q: (p - q).sigmoid()),
    ("zero", "0 where neither has any weight", lambda p, q: p / (p + q).clamp(min=1e-12)),
]
