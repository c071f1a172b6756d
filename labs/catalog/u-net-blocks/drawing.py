"""Sizes and arrays, drawn so that mistakes show."""

from torch import Tensor

from gpu_runner.checking import Lab
from reference import Weights


def draw_channels(lab: Lab, *, widened: bool) -> dict[str, int]:
    """Widths that the groups divide, different where the block widens; axes C (in), O (out) and E (time)."""
    groups = lab.random.choice([2, 3])
    per_group, per_group_out = lab.random.sample([2, 3, 4], 2)
    c_in = groups * per_group
    c_out = groups * per_group_out if widened else c_in
    lab.fix(C=c_in, E=lab.random.choice([7, 10, 13]))
    if widened:
        lab.fix(O=c_out)
    return {"c_in": c_in, "c_out": c_out, "c_time": lab.size("E"), "groups": groups}


def draw_block(lab: Lab, config: dict[str, int]) -> Weights:
    """A block's arrays: convolutions and time weigh as much as the image; gains and biases are not 1 and 0."""
    out = "C" if config["c_in"] == config["c_out"] else "O"
    weights = {f"{name}.weight": gain(lab, axis) for name, axis in {"norm1": "C", "norm2": out}.items()}
    weights |= {f"{name}.bias": lab.normal(axis, scale=0.5) for name, axis in {"norm1": "C", "norm2": out}.items()}
    weights |= convolution(lab, "conv1", out, "C") | convolution(lab, "conv2", out, out)
    weights |= {"time.weight": lab.normal(f"{out} E", scale=0.8), "time.bias": lab.normal(out, scale=0.5)}
    return weights | (convolution(lab, "shortcut", out, "C", side=1) if out == "O" else {})


def gain(lab: Lab, axis: str) -> Tensor:
    return 1 + lab.normal(axis, scale=0.4)


def convolution(lab: Lab, name: str, outs: str, ins: str, side: int = 3) -> Weights:
    scale = 1.3 / (lab.size(ins) * side * side) ** 0.5
    return {
        f"{name}.weight": lab.normal(f"{outs} {ins} {side} {side}", scale=scale),
        f"{name}.bias": lab.normal(outs, scale=0.5),
    }


def draw_images(lab: Lab, axes: str) -> Tensor:
    """Images whose channels differ in level and strength, so that it matters which of them a norm takes together."""
    channel = axes.split()[1]
    level, strength = lab.normal(channel, scale=2.0), lab.uniform(channel, low=0.5, high=2.0)
    return lab.normal(axes) * strength[:, None, None] + level[:, None, None]
