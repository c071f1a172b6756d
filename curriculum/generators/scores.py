"""Scores and what follows from them: Langevin steps, reverse drifts, DDIM, guidance by a classifier, consistency."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart


def _number(random: Random, low: int, high: int) -> float:
    return random.randrange(low, high + 1) / 100


def ddim_step(random: Random) -> Draw:
    """One deterministic step; `a` and `b` are the products of alphas now and at the next, less noisy time."""

    def make() -> Draw:
        now, then = sorted((_number(random, 5, 95), _number(random, 5, 95)))
        x, noise = _number(random, -200, 200), _number(random, -200, 200)
        clean = (x - math.sqrt(1 - now) * noise) / math.sqrt(now)
        return Draw(
            {"a": now, "b": then, "x": x, "eps": noise, "x0": f"{clean:.4g}"},
            math.sqrt(then) * clean + math.sqrt(1 - then) * noise,
            {
                "clean": clean,
                "no_direction": math.sqrt(then) * clean,
                "old_noise": math.sqrt(then) * clean + math.sqrt(1 - now) * noise,
                "no_roots": then * clean + (1 - then) * noise,
            },
        )

    return set_apart(make, least=0.2)


def guided_mean(random: Random) -> Draw:
    def make() -> Draw:
        mean, gradient = _number(random, -200, 200), _number(random, -300, 300)
        variance, scale = _number(random, 2, 90), random.randrange(2, 11)
        return Draw(
            {"mu": mean, "var": variance, "g": gradient, "s": scale},
            mean + scale * variance * gradient,
            {
                "no_variance": mean + scale * gradient,
                "deviation": mean + scale * math.sqrt(variance) * gradient,
                "away": mean - scale * variance * gradient,
                "no_scale": mean + variance * gradient,
            },
        )

    return set_apart(make, least=0.2)


def denoising_target(random: Random) -> Draw:
    """The score of a Gaussian around a clean value."""

    def make() -> Draw:
        clean, shift, sigma = _number(random, -200, 200), _number(random, -150, 150), _number(random, 10, 80)
        return Draw(
            {"x": clean, "noisy": round(clean + shift, 2), "sigma": sigma},
            -shift / sigma**2,
            {"away": shift / sigma**2, "one_sigma": -shift / sigma, "not_scaled": -shift},
        )

    return set_apart(make, least=0.2)


def langevin_step(random: Random) -> Draw:
    def make() -> Draw:
        x, score, noise = (_number(random, -200, 200) for _ in range(3))
        size = random.randrange(1, 41) / 100
        return Draw(
            {"x": x, "score": score, "z": noise, "alpha": size},
            x + size / 2 * score + math.sqrt(size) * noise,
            {
                "no_half": x + size * score + math.sqrt(size) * noise,
                "no_root": x + size / 2 * score + size * noise,
                "no_noise": x + size / 2 * score,
                "downhill": x - size / 2 * score + math.sqrt(size) * noise,
            },
        )

    return set_apart(make, gap=0.02, least=0.2)


def noise_levels(random: Random) -> Draw:
    """One of a geometric series of noise levels."""

    def make() -> Draw:
        levels, place = random.randrange(5, 21), random.randrange(2, 20)
        first, last = random.choice([1.0, 2.0, 5.0, 10.0, 50.0]), random.choice([0.01, 0.02, 0.05, 0.1])
        place = min(place, levels - 1)
        share = (place - 1) / (levels - 1)
        return Draw(
            {"L": levels, "i": place, "first": first, "last": last},
            first * (last / first) ** share,
            {
                "linear": first + (last - first) * share,
                "one_off": first * (last / first) ** (place / levels),
                "reversed": last * (first / last) ** share,
            },
        )

    return set_apart(make)


def reverse_drift(random: Random) -> Draw:
    """Of a variance-preserving equation, for the SDE; the ODE's is one of the mistakes."""

    def make() -> Draw:
        x, score = _number(random, -200, 200), _number(random, -200, 200)
        beta = random.randrange(2, 200) / 10
        return Draw(
            {"x": x, "score": score, "beta": beta},
            -beta * x / 2 - beta * score,
            {
                "ode": -beta * x / 2 - beta * score / 2,
                "forward": -beta * x / 2,
                "plus": -beta * x / 2 + beta * score,
            },
        )

    return set_apart(make, least=0.2)


def consistency_skip(random: Random) -> Draw:
    """The weight of the input; `e` is the smallest time, where it must be one."""

    def make() -> Draw:
        data, time, least = _number(random, 20, 100), random.randrange(2, 800) / 100, 0.01
        weight = data**2 / ((time - least) ** 2 + data**2)
        return Draw(
            {"sigma": data, "t": time, "e": least},
            weight,
            {
                "output": data * (time - least) / math.sqrt(data**2 + time**2),
                "no_squares": data / (time - least + data),
                "rest": 1 - weight,
            },
        )

    return set_apart(make)


def ddim_deviation(random: Random) -> Draw:
    """The standard deviation of the noise that DDIM adds at eta."""

    def make() -> Draw:
        after, before = sorted(random.sample(range(10, 96), 2))
        eta = random.randrange(2, 10) / 10
        whole = math.sqrt((100 - before) / (100 - after)) * math.sqrt(1 - after / before)
        return Draw(
            {"at": after / 100, "before": before / 100, "eta": eta},
            eta * whole,
            {
                "ddpm": whole,
                "variance": (eta * whole) ** 2,
                "one_root": eta * math.sqrt((100 - before) / (100 - after)),
            },
        )

    return set_apart(make, gap=0.03, least=0.02)


def preserved_signal(random: Random) -> Draw:
    """The factor of the data at time t, where beta rises linearly from 0.1 to 20."""

    def make() -> Draw:
        time = random.randrange(50, 700) / 1000
        integral = 0.1 * time + 19.9 * time**2 / 2
        rate = 0.1 + 19.9 * time
        return Draw(
            {"t": time, "integral": round(integral, 3)},
            math.exp(-integral / 2),
            {
                "variance": math.exp(-integral),
                "rate": math.exp(-rate / 2),
                "noise": math.sqrt(1 - math.exp(-integral)),
            },
        )

    return set_apart(make, gap=0.03, least=0.02)


def saved_evaluations(random: Random) -> Draw:
    teacher, student = random.randrange(20, 101), random.randrange(2, 9)
    return Draw(
        {"S": teacher, "s": student},
        2 * teacher - student,
        {"no_guidance": teacher - student, "guided_student": 2 * teacher - 2 * student, "left": student},
    )


SCORES: Final[tuple[Generator, ...]] = (
    ddim_step,
    guided_mean,
    denoising_target,
    langevin_step,
    noise_levels,
    reverse_drift,
    consistency_skip,
    ddim_deviation,
    preserved_signal,
    saved_evaluations,
)
