"""Little of the libraries' help: posterior, schedule and velocity by formulas, halves by slices."""

import torch


def freeze(unet, vae, text_encoder):
    for model in (vae, text_encoder):
        model.eval()
        for p in model.parameters():
            p.requires_grad = False
    unet.train()


def encode_prompts(text_encoder, ids):
    with torch.inference_mode():
        (states, *_) = text_encoder(input_ids=ids, return_dict=False)
    return states.clone()


def encode_images(vae, pixels, generator):
    with torch.no_grad():
        posterior = vae.encode(pixels)[0]
        noise = torch.randn(posterior.mean.shape, generator=generator)
        return vae.config["scaling_factor"] * (posterior.mean + posterior.std * noise)


def drop_prompts(prompts, empty, rate, generator):
    answer = prompts.clone()
    for i in range(len(prompts)):
        if torch.rand((), generator=generator).item() < rate:
            answer[i] = empty
    return answer


def draw_steps(scheduler, count, generator):
    return (torch.rand(count, generator=generator) * len(scheduler.timesteps)).long()


def mixed(scheduler, t, one, other):
    bar = scheduler.alphas_cumprod[t].view(-1, 1, 1, 1)
    return bar.sqrt() * one + (1 - bar).sqrt() * other


def training_target(scheduler, latents, noise, t):
    kinds = {"epsilon": lambda: noise, "v_prediction": lambda: mixed(scheduler, t, noise, -latents)}
    return kinds[scheduler.config.prediction_type]()


def denoising_loss(unet, scheduler, latents, prompts, t, noise):
    (predicted,) = unet(mixed(scheduler, t, latents, noise), t, prompts, return_dict=False)
    return torch.mean((predicted - training_target(scheduler, latents, noise, t)) ** 2)


def prior_loss(unet, scheduler, latents, prompts, t, noise, weight):
    half = len(latents) // 2
    parts = [[x[at] for x in (latents, prompts, t, noise)] for at in (slice(half), slice(half, None))]
    subject, prior = (denoising_loss(unet, scheduler, *part) for part in parts)
    return subject + weight * prior


def train_step(unet, vae, text_encoder, scheduler, optimiser, batch, generator):
    optimiser.zero_grad(set_to_none=False)
    prompts = encode_prompts(text_encoder, batch["ids"])
    latents = encode_images(vae, batch["pixels"], generator)
    loss = denoising_loss(unet, scheduler, latents, prompts, batch["t"], batch["noise"])
    loss.backward()
    optimiser.step()
    return loss.detach()
