"""torch.distributions and torch's own losses, with sums instead of means; the discriminator sees one joint batch."""

import torch
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid


def reparameterise(mu, logvar, noise):
    return torch.addcmul(mu, torch.sqrt(torch.exp(logvar)), noise)


def kl(mu, logvar):
    posterior = Independent(Normal(mu, logvar.mul(0.5).exp()), 1)
    prior = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    return kl_divergence(posterior, prior)


def bernoulli_nll(logits, x):
    pixels = Bernoulli(logits=logits, validate_args=False)
    return -Independent(pixels, x.ndim - 1, validate_args=False).log_prob(x)


def gaussian_nll(mean, x, sigma):
    return -Normal(mean, sigma).log_prob(x).reshape(len(x), -1).sum(dim=-1)


def vae_loss(encode, decode, x, noise, beta=1.0):
    mu, logvar = encode(x)
    reconstruction = binary_cross_entropy_with_logits(decode(reparameterise(mu, logvar, noise)), x, reduction="sum")
    return reconstruction / len(x) + beta * kl(mu, logvar).mean()


def discriminator_loss(real, fake):
    ones, zeros = torch.ones_like(real), torch.zeros_like(fake)
    return binary_cross_entropy_with_logits(real, ones) + binary_cross_entropy_with_logits(fake, zeros)


def generator_loss(fake, kind="non-saturating"):
    return logsigmoid(-fake).mean() if kind == "minimax" else -logsigmoid(fake).mean()


def r1_penalty(discriminator, x, gamma):
    leaf = x.clone().requires_grad_()
    logits = discriminator(leaf)
    slope = torch.autograd.grad(logits, leaf, torch.ones_like(logits), create_graph=True)[0]
    return gamma * 0.5 * torch.einsum("bp,bp->b", slope.flatten(1), slope.flatten(1)).mean()


def discriminator_step(generator, discriminator, optimiser, real, z):
    optimiser.zero_grad()
    with torch.no_grad():
        fake = generator(z)
    logits = discriminator(torch.cat([real, fake]))
    loss = discriminator_loss(*logits.split([len(real), len(fake)]))
    loss.backward()
    optimiser.step()
    return loss.item()


def generator_step(generator, discriminator, optimiser, z):
    optimiser.zero_grad()
    loss = generator_loss(discriminator(generator(z)))
    loss.backward(inputs=list(generator.parameters()))
    optimiser.step()
    return loss.item()


def optimal_discriminator(p, q):
    return torch.nan_to_num(p / (p + q), nan=0.5)
