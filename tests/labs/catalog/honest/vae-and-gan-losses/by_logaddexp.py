"""Logarithms of sums of exponentials, einsum, and steps that set gradients themselves."""

import torch


def reparameterise(mu, logvar, noise):
    return noise.mul(torch.exp(logvar) ** 0.5).add(mu)


def kl(mu, logvar):
    parts = mu * mu + torch.expm1(logvar) - logvar
    return torch.einsum("bz->b", parts) / 2


def bernoulli_nll(logits, x):
    zero = torch.zeros_like(logits)
    white, black = torch.logaddexp(zero, -logits), torch.logaddexp(zero, logits)
    return (x * white + (1 - x) * black).sum(dim=tuple(range(1, x.ndim)))


def gaussian_nll(mean, x, sigma):
    pixels = x[0].numel()
    constant = pixels * torch.log(torch.tensor(sigma * (2 * torch.pi) ** 0.5))
    return torch.linalg.vector_norm((x - mean).reshape(len(x), -1), dim=1) ** 2 / (2 * sigma * sigma) + constant


def vae_loss(encode, decode, x, noise, beta=1.0):
    mean, logvar = encode(x)
    z = reparameterise(mean, logvar, noise)
    per_image = torch.stack([bernoulli_nll(decode(z), x), beta * kl(mean, logvar)])
    return per_image.sum(0).mean()


def log_one_plus_exp(z):
    return torch.logaddexp(z, torch.zeros_like(z))


def discriminator_loss(real, fake):
    return log_one_plus_exp(-real).sum() / len(real) + log_one_plus_exp(fake).sum() / len(fake)


def generator_loss(fake, kind="non-saturating"):
    terms = {"non-saturating": lambda: log_one_plus_exp(-fake), "minimax": lambda: -log_one_plus_exp(fake)}
    return terms[kind]().mean()


def r1_penalty(discriminator, x, gamma):
    images = [image.detach()[None].requires_grad_() for image in x]
    total = 0.0
    for image in images:
        (slope,) = torch.autograd.grad(discriminator(image).squeeze(), image, create_graph=True)
        total = total + (slope**2).sum()
    return gamma / (2 * len(images)) * total


def descend(loss, player, optimiser):
    players = list(player.parameters())
    for p, g in zip(players, torch.autograd.grad(loss, players), strict=True):
        p.grad = g
    optimiser.step()
    return loss.detach()


def discriminator_step(generator, discriminator, optimiser, real, z):
    fake = generator(z).clone().detach()
    return descend(discriminator_loss(discriminator(real), discriminator(fake)), discriminator, optimiser)


def generator_step(generator, discriminator, optimiser, z):
    return descend(generator_loss(discriminator(generator(z))), generator, optimiser)


def optimal_discriminator(p, q):
    best = torch.full_like(p, 0.5)
    some = p + q > 0
    best[some] = 1 / (1 + q[some] / p[some])
    return best
