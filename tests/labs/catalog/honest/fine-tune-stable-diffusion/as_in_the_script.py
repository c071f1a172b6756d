"""As the training scripts of diffusers do it: one forward pass, chunked prediction and target, clearing at the end."""

import torch
from torch.nn import functional


def freeze(unet, vae, text_encoder):
    unet.train()
    vae.requires_grad_(requires_grad=False)
    text_encoder.requires_grad_(requires_grad=False)


def encode_prompts(text_encoder, ids):
    return text_encoder(ids, attention_mask=None)[0].detach()


def encode_images(vae, pixels, generator):
    latents = vae.encode(pixels.to(dtype=vae.dtype)).latent_dist.sample(generator=generator)
    return latents.mul(vae.config.scaling_factor).detach()


def drop_prompts(prompts, empty, rate, generator):
    keep = torch.bernoulli(torch.full((len(prompts),), 1.0 - rate), generator=generator).view(-1, 1, 1)
    return keep * prompts + (1.0 - keep) * empty


def draw_steps(scheduler, count, generator):
    return torch.randint(0, scheduler.config.num_train_timesteps, size=(count,), generator=generator).long()


def training_target(scheduler, latents, noise, t):
    if scheduler.config.prediction_type == "epsilon":
        return noise
    if scheduler.config.prediction_type == "v_prediction":
        return scheduler.get_velocity(latents, noise, t)
    raise ValueError(scheduler.config.prediction_type)


def denoising_loss(unet, scheduler, latents, prompts, t, noise):
    prediction = unet(scheduler.add_noise(latents, noise, t), t, prompts).sample
    return functional.mse_loss(prediction.float(), training_target(scheduler, latents, noise, t).float())


def prior_loss(unet, scheduler, latents, prompts, t, noise, weight):
    prediction = unet(scheduler.add_noise(latents, noise, t), t, prompts).sample
    subject, prior = torch.chunk(prediction, 2, dim=0)
    target, prior_target = torch.chunk(training_target(scheduler, latents, noise, t), 2, dim=0)
    return functional.mse_loss(subject, target) + weight * functional.mse_loss(prior, prior_target)


def train_step(unet, vae, text_encoder, scheduler, optimiser, batch, generator):
    latents = encode_images(vae, batch["pixels"], generator)
    states = encode_prompts(text_encoder, batch["ids"])
    loss = denoising_loss(unet, scheduler, latents, states, batch["t"], batch["noise"])
    loss.backward()
    optimiser.step()
    optimiser.zero_grad()
    return loss
