"""Stable Diffusion 1.5's U-Net, at any width, from a dictionary of arrays: a pass that writes down what it does."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import conv2d, gelu, group_norm, layer_norm, silu

Weights = dict[str, Tensor]
LEVELS, LAYERS = 4, 2
"""Levels of size, and residual blocks in each on the way down; there is one more on the way up."""


@dataclass(frozen=True)
class Row:
    """One call of a convolution or a linear map."""

    name: str
    into: tuple[int, ...]
    out: tuple[int, ...]
    params: int
    macs: int


@dataclass
class Pass:
    """One forward pass; `rows` in the order of calls, `kept` what modules return, `projected` queries and keys."""

    w: Weights
    heads: int
    groups: int
    rows: list[Row] = field(default_factory=list)
    kept: dict[str, list[Tensor]] = field(default_factory=dict)
    projected: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)
    skip: Callable[[Tensor], Tensor] = lambda skip: skip

    def run(self, sample: Tensor, t: Tensor, text: Tensor) -> Tensor:
        """sample (B, 4, H, W), t (B,), text (B, T, D) -> the noise, (B, 4, H, W)."""
        time = self.time(t)
        h = self.keep("conv_in", self.conv("conv_in", sample))
        skips = [h]
        for level in range(LEVELS):
            h = self.down(f"down_blocks.{level}", h, time, text if level < LEVELS - 1 else None, skips)
        h = self.resnet("mid_block.resnets.0", h, time)
        h = self.transformer("mid_block.attentions.0", h, text)
        h = self.keep("mid_block", self.resnet("mid_block.resnets.1", h, time))
        for level in range(LEVELS):
            h = self.up(f"up_blocks.{level}", h, time, text if level > 0 else None, skips)
        return self.conv("conv_out", silu(self.norm("conv_norm_out", h, 1e-5)))

    def time(self, t: Tensor) -> Tensor:
        half = self.w["conv_in.weight"].size(0) // 2
        angles = t.double()[:, None] * 10_000.0 ** (-torch.arange(half, dtype=torch.float64, device=t.device) / half)
        waves = torch.cat([angles.cos(), angles.sin()], dim=1)  # cosines first, here
        hidden = silu(self.linear("time_embedding.linear_1", waves.to(self.w["conv_in.weight"].dtype)))
        return self.keep("time_embedding", self.linear("time_embedding.linear_2", hidden))

    def down(self, name: str, h: Tensor, time: Tensor, text: Tensor | None, skips: list[Tensor]) -> Tensor:
        made = []
        for layer in range(LAYERS):
            h = self.layer(name, layer, h, time, text)
            made.append(h)
        if text is not None:  # the last level does not go further down
            h = self.conv(f"{name}.downsamplers.0.conv", h, stride=2)
            made.append(h)
        skips += made
        self.kept[name] = [h, *made]
        return h

    def up(self, name: str, h: Tensor, time: Tensor, text: Tensor | None, skips: list[Tensor]) -> Tensor:
        for layer in range(LAYERS + 1):
            h = self.layer(name, layer, torch.cat([h, self.skip(skips.pop())], dim=1), time, text)
        if f"{name}.upsamplers.0.conv.weight" in self.w:
            h = self.conv(f"{name}.upsamplers.0.conv", h.repeat_interleave(2, 2).repeat_interleave(2, 3))
        return self.keep(name, h)

    def layer(self, name: str, layer: int, h: Tensor, time: Tensor, text: Tensor | None) -> Tensor:
        h = self.resnet(f"{name}.resnets.{layer}", h, time)
        return h if text is None else self.transformer(f"{name}.attentions.{layer}", h, text)

    def resnet(self, name: str, x: Tensor, time: Tensor) -> Tensor:
        h = self.conv(f"{name}.conv1", silu(self.norm(f"{name}.norm1", x, 1e-5)))
        h = h + self.linear(f"{name}.time_emb_proj", silu(time))[:, :, None, None]
        h = self.conv(f"{name}.conv2", silu(self.norm(f"{name}.norm2", h, 1e-5)))
        return h + (self.conv(f"{name}.conv_shortcut", x) if f"{name}.conv_shortcut.weight" in self.w else x)

    def transformer(self, name: str, x: Tensor, text: Tensor) -> Tensor:
        block = f"{name}.transformer_blocks.0"
        h = self.conv(f"{name}.proj_in", self.norm(f"{name}.norm", x, 1e-6)).flatten(2).mT  # (B, H·W, C)
        h = h + self.attend(f"{block}.attn1", self.tokens(f"{block}.norm1", h), None)
        h = h + self.attend(f"{block}.attn2", self.tokens(f"{block}.norm2", h), text)
        value, gate = self.linear(f"{block}.ff.net.0.proj", self.tokens(f"{block}.norm3", h)).chunk(2, dim=-1)
        h = h + self.linear(f"{block}.ff.net.2", value * gelu(gate))
        return x + self.conv(f"{name}.proj_out", h.mT.reshape(x.shape))

    def attend(self, name: str, h: Tensor, text: Tensor | None) -> Tensor:
        seen = h if text is None else text
        q, k, v = self.linear(f"{name}.to_q", h), self.linear(f"{name}.to_k", seen), self.linear(f"{name}.to_v", seen)
        self.projected[name] = q, k
        mixed = probabilities(q, k, self.heads) @ split(v, self.heads)  # (B, A, Q, C/A)
        return self.linear(f"{name}.to_out.0", mixed.transpose(1, 2).flatten(2))

    def norm(self, name: str, x: Tensor, eps: float) -> Tensor:
        return group_norm(x, self.groups, self.w[f"{name}.weight"], self.w[f"{name}.bias"], eps)

    def tokens(self, name: str, h: Tensor) -> Tensor:
        return layer_norm(h, h.shape[-1:], self.w[f"{name}.weight"], self.w[f"{name}.bias"])

    def conv(self, name: str, x: Tensor, stride: int = 1) -> Tensor:
        weight, bias = self.w[f"{name}.weight"], self.w[f"{name}.bias"]
        return self.note(name, x, conv2d(x, weight, bias, stride=stride, padding=weight.size(-1) // 2))

    def linear(self, name: str, x: Tensor) -> Tensor:
        y = x @ self.w[f"{name}.weight"].mT
        return self.note(name, x, y + self.w[f"{name}.bias"] if f"{name}.bias" in self.w else y)

    def note(self, name: str, x: Tensor, y: Tensor) -> Tensor:
        weight = self.w[f"{name}.weight"]
        params = weight.numel() + (self.w[f"{name}.bias"].numel() if f"{name}.bias" in self.w else 0)
        macs = y.numel() * weight[0].numel()  # each output value takes one product per input value that it reads
        self.rows.append(Row(name, tuple(x.shape), tuple(y.shape), params, macs))
        return y

    def keep(self, name: str, y: Tensor) -> Tensor:
        self.kept[name] = [y]
        return y


def split(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, L, C) -> (B, A, L, C/A)


def probabilities(q: Tensor, k: Tensor, heads: int, power: float = 0.5, dim: int = -1) -> Tensor:
    """(B, Q, C), (B, K, C) -> (B, A, Q, K)."""
    q, k = split(q, heads), split(k, heads)
    return (q @ k.mT / q.size(-1) ** power).softmax(dim)


def block_of(name: str) -> str:
    """`down_blocks.2.resnets.0.conv1.weight` belongs to `down_blocks.2`, `conv_in.bias` to `conv_in`."""
    parts = name.split(".")
    return ".".join(parts[:2] if parts[0] in ("down_blocks", "up_blocks") else parts[:1])
