"""Checks for the video pipeline: all of its models in float64 formulas, with weights drawn for each submission."""

from typing import Any

import torch
from torch import Tensor

from drawing import SIZES, draw_prompts, draw_run, draw_setup, given, ids_of
from encoders import before_last_norm, read_prompts
from gpu_runner.checking import Lab, Misconception, Observation, check, heatmap, images
from misconceptions import ASSEMBLED, LOOPS, PROMPTS, known, of_decoding, of_frames, of_influence
from reference import Recipe, Run, Setup, budget, decode, frames_of
from unet import predict

TERMS = 64
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


def exact(setup: Setup, run: dict[str, Any]) -> tuple[Setup, Run]:
    drawn = Run(**run)
    drawn = drawn._replace(latents=drawn.latents.double(), prompts=drawn.prompts.double())
    return Setup(setup.models.double(), setup.settings), drawn


@check("assembled")
def the_parts_become_a_video_pipeline(lab: Lab) -> None:
    setup, run = draw_setup(lab), draw_run(lab)
    out = lab.probe("assembled", given(setup), run)
    compare_latents(lab, out, "ddim", setup, run, ASSEMBLED)


def compare_latents(lab: Lab, out: Observation, kind: str, setup: Setup, run: dict, ways: list, path: str = "") -> None:
    doubled = exact(setup, run)

    def answer(way: Recipe) -> Tensor:
        return way.loop(kind, *doubled)

    hint = f"These are latents after {run['steps']} steps of {'DDIM' if kind == 'ddim' else 'Euler'}."
    options = {"terms": TERMS, "misconceptions": known(ways, answer), "hint": hint}
    lab.equals(out, answer(Recipe()), axes="B C F H W", path=path, **options)


@check("prompts")
def prompts_become_vectors_for_every_frame(lab: Lab) -> None:
    setup, (prompts, negative) = draw_setup(lab), draw_prompts(lab)
    frames = lab.random.choice([3, 5])
    lab.fix(N=2 * len(prompts) * frames, **SIZES)
    out = lab.probe("encode_prompts", given(setup), prompts, negative, frames)
    text = setup.models.double().text
    ids, real = ids_of([*[negative] * len(prompts), *prompts])
    rows = {
        "masked": ("prompts whose padding was masked away", read_prompts(text, ids, real)),
        "no-last-norm": ("the last layer before its norm", before_last_norm(text, ids)),
        "prompts-first": ("the prompts before the negative one", read_prompts(text, ids.roll(len(prompts), 0))),
    }
    right = read_prompts(text, ids)
    wrong = [
        Misconception(key, what, lambda x=x: x.repeat_interleave(frames, dim=0), "clip.architecture")
        for key, (what, x) in rows.items()
    ]
    wrong.append(Misconception("clip-by-clip", PROMPTS[0][1], lambda: right.repeat(frames, 1, 1), "video.layers"))
    lab.equals(out, right.repeat_interleave(frames, dim=0), axes="N L E", terms=TERMS, misconceptions=wrong)


@check("latents")
def latents_are_as_loud_as_the_scheduler_begins(lab: Lab) -> None:
    setup = draw_setup(lab)
    lab.fix(C=4)
    clips, frames, height, width = lab.dims("B F H W", B=(2, 3), F=(4, 7), H=(8, 12), W=(8, 12))
    steps, seed = lab.random.randrange(3, 8), lab.random.getrandbits(31)
    drawn = torch.randn(clips, 4, frames, height, width, generator=torch.Generator().manual_seed(seed)).double()
    doubled = Setup(setup.models.double(), setup.settings)
    for kind in ("euler", "ddim"):
        sizes = [clips, frames, 2 * height, 2 * width]
        out = lab.probe("draw_latents", given(setup), kind, sizes, steps, seed)
        loud = Recipe().loudness(kind, doubled, steps)
        text = "With a generator in the same state other latents were drawn: use the one given."
        first, again = (out.tensor(str(at), axes="B C F H W") for at in range(2))
        lab.require(torch.equal(first, again), text)
        wrong = [
            Misconception("unit", "noise of standard deviation 1", lambda: drawn),
            Misconception("variance", "noise multiplied by the variance", lambda loud=loud: drawn * loud**2),
        ]
        hint = f"The scheduler is {'Euler' if kind == 'euler' else 'DDIM'}, whose init_noise_sigma is {loud:.3f}."
        lab.equals(first, loud * drawn, axes="B C F H W", terms=TERMS, misconceptions=wrong, hint=hint)


@check("loop")
def the_loop_by_hand_equals_the_reference(lab: Lab) -> None:
    setup, first = draw_setup(lab), draw_run(lab, clips=3)  # of two, chunk(3) makes two halves
    for kind in ("ddim", "euler"):
        loud = Recipe().loudness(kind, Setup(setup.models.double(), setup.settings), first["steps"])
        run = first | {"latents": lab.normal("B C F H W", scale=loud)}
        out = lab.probe("denoise", given(setup), kind, run)
        compare_latents(lab, out, kind, setup, run, LOOPS + PROMPTS)


@check("decoded")
def frames_are_decoded(lab: Lab) -> None:
    setup, (clips, frames), latents = draw_setup(lab), *draw_clip(lab)
    out = lab.probe("decode", given(setup), latents, lab.random.choice([2, clips * frames]))
    doubled = Setup(setup.models.double(), setup.settings)
    right = decode(doubled, latents.double())
    clip = out.tensor("video", axes="B 3 F 16 16")[0].transpose(0, 1)
    lab.show(images("One clip, frame by frame", clip, low=-2.0, high=2.0))

    def answer(x: Tensor, scaling: float | None) -> Tensor:
        return decode(doubled, x, scaling)

    wrong = of_decoding(answer, latents.double(), setup.settings.scaling)
    lab.equals(out, right, axes="B 3 F 16 16", path="video", terms=TERMS, misconceptions=wrong)


def draw_clip(lab: Lab) -> tuple[tuple[int, int], Tensor]:
    lab.fix(**SIZES)
    clips, frames = lab.dims("B F", B=(2, 3), F=(5, 7))
    return (clips, frames), lab.normal("B C F H W")


@check("chunks")
def the_decoder_sees_few_frames_at_a_time(lab: Lab) -> None:
    setup, (clips, frames), latents = draw_setup(lab), *draw_clip(lab)
    chunk = lab.random.choice([2, 3, 4])
    out = lab.probe("decode", given(setup), latents, chunk)
    sizes = [out.integer(f"sizes/{at}") for at in out.keys("sizes")]
    text = f"With chunk {chunk} the decoder was given {max(sizes, default=0)} frames at once: {sizes}."
    lab.require(max(sizes, default=0) <= chunk, text)
    text = f"{sum(sizes)} frames were decoded; {clips} clips of {frames} are {clips * frames}."
    lab.require(sum(sizes) == clips * frames, text)
    fewest = -(-clips * frames // chunk)
    text = f"The decoder was called {len(sizes)} times; {fewest} calls of at most {chunk} frames are enough."
    lab.require(len(sizes) == fewest, text)


@check("frames")
def frames_become_bytes(lab: Lab) -> None:
    lab.dims("B F H W", F=(3, 6), H=(4, 9), W=(4, 9))
    video = lab.uniform("B 3 F H W", low=-1.4, high=1.4)
    levels = (video / 2 + 0.5) * 255
    halfway = (levels - levels.floor() - 0.5).abs() < 0.01  # where float32 may round to either side
    video = torch.where(halfway, video + 0.1 / 127.5, video)
    out = lab.probe("to_frames", video)
    right = frames_of(video.double())
    options = {"dtype": torch.uint8, "misconceptions": of_frames(video.double())}
    lab.equals(out, right.to(torch.uint8), axes="B F H W 3", **options)


@check("influence")
def influence_between_frames_is_found(lab: Lab) -> None:
    setup, run = draw_setup(lab), draw_run(lab, clips=1)
    frames = lab.size("F")
    mixing = draw_mixing(lab, frames)
    run |= {"states": lab.normal("F 16 8 8"), "time": lab.normal("64")}
    out = lab.probe("influence", given(setup), run, mixing)
    right = {"mixing": (mixing != 0).long(), "residual": torch.eye(frames).long()}
    right |= {name: torch.ones(frames, frames).long() for name in ("motion", "whole")}
    texts = {
        "mixing": "fn mixes the frames by a matrix that was drawn",
        "residual": "fn is a residual block, which folds the frames into the batch",
        "motion": "fn is a motion module",
        "whole": "fn is the video U-Net",
    }
    for name, expected in right.items():
        found = lab.has_shape(out, "F F", path=name, dtype=torch.int64)
        lab.show(heatmap(f"Influence: {texts[name]}", found.float(), "from to"))
        options = {"dtype": torch.int64, "misconceptions": of_influence(expected), "hint": f"Here {texts[name]}."}
        lab.equals(found, expected, axes="F F", **options)


def draw_mixing(lab: Lab, frames: int) -> Tensor:
    """Some frames move some others; frame 0 moves frame 1 and not the other way round, and itself."""
    keep = torch.tensor([[float(lab.random.random() < 0.5) for _ in range(frames)] for _ in range(frames)])
    keep[0, 0], keep[0, 1], keep[1, 0] = 1.0, 1.0, 0.0
    return keep * (0.5 + lab.uniform("F F"))


@check("silent")
def silent_motion_modules_leave_the_image_model(lab: Lab) -> None:
    setup, run = draw_setup(lab), draw_run(lab, clips=2)
    prompts = run["prompts"][: lab.size("B")]
    t = lab.random.randrange(100, 900)
    out = lab.probe("silence", given(setup), run["latents"], t, prompts)
    models, frames = setup.models.double(), lab.size("F")
    on = (run["latents"].double(), torch.tensor(t), prompts.double().repeat_interleave(frames, dim=0))
    weights = {name: 0 * array for name, array in models.motion.items() if name.endswith("proj_out.weight")}
    voices = {
        "still-moving": ("the U-Net whose motion modules still speak", models.video()),
        "bias-left": ("the U-Net in which the last biases of the motion modules are left", models.video() | weights),
    }
    wrong = [Misconception(key, text, lambda w=w: predict(w, *on), "video.layers") for key, (text, w) in voices.items()]
    hint = "Silent motion modules add zeros, and the video U-Net is the image U-Net, frame by frame."
    options = {"terms": TERMS, "misconceptions": wrong, "hint": hint}
    lab.equals(out, predict(models.unet, *on), axes="B C F H W", path="y", **options)
    state = set(out.keys("state"))
    lab.require(state == set(setup.models.video()), "silence took arrays out of the U-Net, or put some in.")
    for name, before in setup.models.video().items():
        after = out.tensor(f"state/{name}", axes=" ".join(map(str, before.shape)))
        if "proj_out" in name and "motion" in name:
            continue
        text = f"silence changed {name}. With a whole module at zero, motion could not be learned any more."
        lab.require(torch.equal(after, before), text)


@check("saved")
def what_is_saved_is_read_again(lab: Lab) -> None:
    setup, run = draw_setup(lab), draw_run(lab)
    out = lab.probe("saved", given(setup), run)
    files = [out.text(f"files/{at}") for at in out.keys("files")]
    pickled = [name for name in files if name.endswith(PICKLES)]
    lab.require(not pickled, f"{', '.join(pickled)} can run code when it is read: save safetensors.")
    compare_latents(lab, out, "ddim", setup, run, ASSEMBLED, path="latents")
    arrays = setup.models.video()
    missing = sorted(set(arrays) - set(out.keys("unet")))
    lab.require(not missing, f"unet/*.safetensors lacks {len(missing)} arrays, such as {min(missing, default='')}.")
    for name in lab.random.sample(sorted(arrays), 12):
        stored = out.tensor(f"unet/{name}", axes=" ".join(map(str, arrays[name].shape)))
        lab.require(torch.equal(stored, arrays[name]), f"{name} in unet/*.safetensors is not what was in the U-Net.")


@check("budget")
def the_cost_of_a_clip_is_known_before(lab: Lab) -> None:
    for scale in (1.0, lab.random.uniform(1.1, 1.9)):
        factor = lab.random.choice([4, 8])
        frames, height, width = lab.random.sample(range(8, 40), 3)
        sizes = {"frames": frames, "height": factor * height, "width": factor * width, "factor": factor}
        sizes |= {"channels": lab.random.choice([4, 16]), "steps": lab.random.randrange(10, 50)}
        out = lab.probe("budget", sizes, scale)
        right = budget(**sizes, scale=scale)
        missing = sorted(set(right) - set(out.keys()))
        lab.require(not missing, f"budget has no entry for {', '.join(missing)}.")
        for name, count in right.items():
            hint = f"This is for {frames} frames at guidance {scale:.1f}."
            lab.measures(name, out.integer(name), exactly=count, hint=hint)
