"""Checks for fine-tuning: all three models in float64 formulas, with weights drawn for each submission."""

from functools import cache

import torch
from torch import Tensor

from drawing import SIZES, draw_batch, draw_ids, draw_models, draw_photos, draw_scaling
from encoders import before_last_norm, read_prompts
from gpu_runner.checking import Lab, Misconception, bars, check
from misconceptions import LATENTS, LOSSES, PRIORS, TARGETS, TRAININGS, known
from reference import Models, Recipe, target

TERMS = 16
KINDS = ("epsilon", "v_prediction")
DRAWS = 4000
SIGMAS = 6.0
"""A count this many standard deviations off happens once in a hundred million draws."""
PARTS = {"unet": "U-Net", "vae": "VAE", "text": "text encoder"}
TRAIN_STEPS, RATE = 3, 0.1


def seed_of(lab: Lab) -> int:
    return lab.random.getrandbits(31)


@check("prompts")
def prompts_become_a_vector_for_each_token(lab: Lab) -> None:
    lab.fix(**SIZES)
    models, ids = draw_models(lab), draw_ids(lab)
    w = models.double().text
    out = lab.probe("encode_prompts", {"text": models.text}, ids)
    wrong = [
        Misconception("no-last-norm", "the last layer before its norm", lambda: before_last_norm(w, ids)),
        Misconception("pooled", "the pooled vector of the last token", lambda: read_prompts(w, ids)[:, -1]),
        Misconception("embeddings", "token embeddings", lambda: w["embeddings.token_embedding.weight"][ids]),
    ]
    lab.equals(out, read_prompts(w, ids), axes="B L E", terms=TERMS, misconceptions=wrong)


@check("latents")
def images_become_scaled_latents(lab: Lab) -> None:
    lab.fix(**SIZES)
    models, scaling, seed = draw_models(lab), draw_scaling(lab), seed_of(lab)
    pixels = lab.uniform("B 3 16 16", low=-1.0)
    noise = torch.randn(len(pixels), 4, 8, 8, generator=torch.Generator().manual_seed(seed))
    out = lab.probe("encode_images", {"vae": models.vae}, scaling, pixels, seed)

    def answer(way: Recipe) -> Tensor:
        return way.latents(models.double().vae, pixels.double(), scaling, noise)

    lab.equals(out, answer(Recipe()), axes="B C H W", terms=TERMS, misconceptions=known(LATENTS, answer))


@check("steps")
def steps_are_drawn_evenly(lab: Lab) -> None:
    steps = lab.random.randrange(9, 15)
    lab.fix(N=DRAWS)
    out = lab.probe("draw_steps", steps, DRAWS, seed_of(lab))
    t, again = (out.tensor(str(at), axes="N", dtype=torch.int64) for at in range(2))
    lab.require(torch.equal(t, again), "With a generator in the same state other steps were drawn: use the one given.")
    low, high = int(t.min()), int(t.max())
    lab.require(low >= 0, f"Step {low} was drawn; the first is 0.")
    lab.require(high < steps, f"Step {high} was drawn; a schedule of {steps} steps ends with {steps - 1}.")
    counts = torch.bincount(t, minlength=steps)
    lab.show(bars(f"How often each of {steps} steps was drawn", "step", drawn=counts))
    spread = (DRAWS / steps * (1 - 1 / steps)) ** 0.5
    odd = int((counts - DRAWS / steps).abs().argmax())
    text = f"In {DRAWS} draws step {odd} came {int(counts[odd])} times; {DRAWS / steps:.0f} would be even."
    lab.require(abs(counts[odd].item() - DRAWS / steps) <= SIGMAS * spread, text)


@check("target")
def the_target_is_what_the_scheduler_says(lab: Lab) -> None:
    batch = draw_batch(lab, 3)
    exact = batch.double()
    for kind in KINDS:
        out = lab.probe("training_target", kind, batch.latents, batch.noise, batch.t)
        wrong = known(TARGETS, lambda way, kind=kind: way.target(kind, exact))
        hint = f"This is the target for prediction_type={kind!r}."
        lab.equals(out, target(kind, exact), axes="B C H W", terms=TERMS, misconceptions=wrong, hint=hint)


@check("loss")
def the_loss_equals_the_reference(lab: Lab) -> None:
    models, batch = draw_models(lab), draw_batch(lab, 3)
    for kind in KINDS:
        out = lab.probe("denoising_loss", {"unet": models.unet}, kind, batch.tensors())

        def answer(way: Recipe, kind: str = kind) -> Tensor:
            return way.loss(models.double().unet, kind, batch.double())

        hint = f"This is the loss for prediction_type={kind!r}."
        wrong = known(LOSSES, answer)
        lab.equals(out, answer(Recipe()), axes="", terms=TERMS, misconceptions=wrong, hint=hint)


@check("prior")
def the_prior_counts_with_its_weight(lab: Lab) -> None:
    models, batch, kind = draw_models(lab), draw_batch(lab, 6), "v_prediction"
    weight = lab.random.choice([0.3, 1.7])
    out = lab.probe("prior_loss", {"unet": models.unet}, kind, batch.tensors(), weight)

    def answer(way: Recipe) -> Tensor:
        return way.prior_loss(models.double().unet, kind, batch.double(), weight)

    hint = "The first half of the batch is the subject, the second the class."
    wrong = known(PRIORS + LOSSES, answer)
    lab.equals(out, answer(Recipe()), axes="", terms=TERMS, misconceptions=wrong, hint=hint)


@check("dropout")
def whole_prompts_are_dropped(lab: Lab) -> None:
    lab.fix(N=DRAWS // 4, L=3, E=4)
    prompts, empty, rate = lab.normal("N L E"), lab.normal("L E"), lab.random.uniform(0.2, 0.4)
    out = lab.probe("drop_prompts", prompts, empty, [rate, 0.0, 1.0, rate], seed_of(lab))
    answers = [out.tensor(str(at), axes="N L E") for at in range(4)]
    text = "With a generator in the same state other prompts were dropped: use the one given."
    lab.require(torch.equal(answers[0], answers[3]), text)
    lab.require(torch.equal(answers[1], prompts), "With rate 0 some prompts changed.")
    lab.require(torch.equal(answers[2], empty.expand_as(prompts)), "With rate 1 not every prompt became the empty one.")
    kept, gone = ((answers[0] == other).flatten(1).all(1) for other in (prompts, empty))
    odd = (~(kept | gone)).nonzero().flatten()
    text = "neither as it was nor the empty one: a prompt is dropped as a whole, and the empty one takes its place"
    lab.require(not len(odd), f"{len(odd)} of {len(prompts)} prompts are {text}.")
    spread = (len(prompts) * rate * (1 - rate)) ** 0.5
    count, even = int(gone.sum()), len(prompts) * rate
    text = f"{count} of {len(prompts)} prompts were dropped at rate {rate:.2f}; about {even:.0f} should be."
    lab.require(abs(count - even) <= SIGMAS * spread, text)


@check("training")
def steps_of_training_lead_to_the_references_model(lab: Lab) -> None:
    models, scaling, seed, kind = draw_models(lab), draw_scaling(lab), seed_of(lab), "v_prediction"
    photos = [draw_photos(lab, 3) for _ in range(TRAIN_STEPS)]
    given = torch.Generator().manual_seed(seed)
    noises = [torch.randn(3, 4, 8, 8, generator=given) for _ in photos]
    batches = [photo.given() for photo in photos]
    out = lab.probe("train", models.parts(), kind, scaling, batches, RATE, seed)

    @cache
    def trained(way: Recipe) -> tuple[Tensor, Models]:
        return way.train(models.double(), kind, scaling, photos, noises, RATE)

    lab.fix(K=TRAIN_STEPS)
    wrong = known(TRAININGS, lambda way: trained(way)[0], "the losses of {}")
    hint = "These are the losses that train_step returned, each from before its step."
    losses = trained(Recipe())[0]
    lab.equals(out, losses, axes="K", path="losses", terms=TERMS, misconceptions=wrong, hint=hint)
    for name in lab.random.sample(sorted(models.unet), 8):
        expected = trained(Recipe())[1].unet[name]
        wrong = known(TRAININGS, lambda way, name=name: trained(way)[1].unet[name], f"{name} after {{}}")
        axes, hint = " ".join(map(str, expected.shape)), f"This is {name} of the U-Net after {TRAIN_STEPS} steps."
        lab.equals(out, expected, axes=axes, path=f"unet/{name}", terms=TERMS, misconceptions=wrong, hint=hint)


@check("frozen")
def vae_and_text_encoder_stay_as_they_were(lab: Lab) -> None:
    models = draw_models(lab)
    photos = [draw_photos(lab, 3).given()]
    out = lab.probe("train", models.parts(), lab.random.choice(KINDS), draw_scaling(lab), photos, RATE, seed_of(lab))
    for part in ("vae", "text"):
        count = out.integer(f"learning/{part}")
        lab.require(count == 0, f"{count} parameters of the {PARTS[part]} have requires_grad after freeze.")
        for name, before in models.parts()[part].items():
            after = out.tensor(f"{part}/{name}", axes=" ".join(map(str, before.shape)))
            lab.require(torch.equal(after, before), f"A step of training changed {name} of the {PARTS[part]}.")
    still = [n for n, w in models.unet.items() if torch.equal(out.any_tensor(f"unet/{n}"), w)]
    text = f"A step of training left {len(still)} of {len(models.unet)} arrays of the U-Net as they were."
    lab.require(len(still) < len(models.unet) // 2, text)
