# fails: reparameterise, kl, bernoulli, gaussian, vae-loss, gan-losses, saturation, r1, detach, game, optimum
# baseline: zeros of the right shapes
"""Trivial baseline: zeros of the right shapes."""

import torch


def reparameterise(mu, logvar, noise):
    return 0 * (mu + logvar + noise)


def kl(mu, logvar):
    return 0 * (mu + logvar).sum(1)


def bernoulli_nll(logits, x):
    return 0 * (logits + x).flatten(1).sum(1)


def gaussian_nll(mean, x, sigma):
    return 0 * sigma * (mean + x).flatten(1).sum(1)


def vae_loss(encode, decode, x, noise, beta=1.0):
    return 0 * beta * (decode(noise).sum() + sum(part.sum() for part in encode(x)))


def discriminator_loss(real, fake):
    return 0 * (real.sum() + fake.sum())


def generator_loss(fake, kind="non-saturating"):
    del kind
    return 0 * fake.sum()


def r1_penalty(discriminator, x, gamma):
    return 0 * gamma * discriminator(x).sum()


def discriminator_step(generator, discriminator, optimiser, real, z):
    del generator, discriminator, optimiser, real, z
    return 0.0


def generator_step(generator, discriminator, optimiser, z):
    del generator, discriminator, optimiser, z
    return 0.0


def optimal_discriminator(p, q):
    del q
    return torch.zeros_like(p)
