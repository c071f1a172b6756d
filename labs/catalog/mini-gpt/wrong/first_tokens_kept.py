# fails: greedy, trained
# mistake: first-places
"""What no longer fits is dropped on the right."""

import math
from collections.abc import Callable
from typing import Any

import torch
from mine import TransformerBlock
from mine.block import load_weights as load_block
from torch import Tensor, nn


class GPT(nn.Module):
    """Token ids (B, T) -> logits (B, T, V) for the token after each."""

    def __init__(self, vocab: int, width: int, heads: int, layers: int, context: int) -> None:
        super().__init__()
        self.tokens = nn.Parameter(torch.zeros(vocab, width))
        self.positions = nn.Parameter(torch.zeros(context, width))
        for table in (self.tokens, self.positions):  # with the 0.02 of GPT-2 a short training stays blind to order
            nn.init.normal_(table, std=0.1)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, 4 * width) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tokens[ids] + self.positions[: ids.size(1)]  # (B, T, D) + (T, D)
        for block in self.blocks:
            x = block(x, causal=True)
        return self.norm(x) @ self.tokens.mT  # (B, T, D) @ (D, V): the table again, so nothing new to learn


def load_weights(model: GPT, weights: dict[str, Any]) -> None:
    with torch.no_grad():
        model.tokens.copy_(weights["tokens"])
        model.positions.copy_(weights["positions"])
        model.norm.weight.copy_(weights["norm_gain"])
        model.norm.bias.copy_(weights["norm_bias"])
    for i, block in enumerate(model.blocks):
        load_block(block, weights["blocks"][i])


def weights_of(model: GPT) -> dict[str, Any]:
    """The same arrays under the same names."""
    own = {"tokens": model.tokens, "positions": model.positions}
    own |= {"norm_gain": model.norm.weight, "norm_bias": model.norm.bias}
    blocks = [{name: array.detach() for name, array in arrays_of(block).items()} for block in model.blocks]
    return {name: array.detach() for name, array in own.items()} | {"blocks": blocks}


def arrays_of(block: TransformerBlock) -> dict[str, Tensor]:
    """Here stand the names that your block gave its layers."""
    linears = {"q": block.q, "k": block.k, "v": block.v, "o": block.out, "1": block.up, "2": block.down}
    arrays = {f"w{name}": linear.weight for name, linear in linears.items()}
    arrays |= {f"b{name}": linear.bias for name, linear in linears.items()}
    for name, norm in {"norm1": block.norm1, "norm2": block.norm2}.items():
        arrays |= {f"{name}_gain": norm.weight, f"{name}_bias": norm.bias}
    return arrays


def loss(logits: Tensor, ids: Tensor) -> Tensor:
    """Mean cross-entropy of logits (B, T, V) at each place against the token (B, T) at the next."""
    guesses, truth = logits[:, :-1], ids[:, 1:]  # the last guess has no token, the first token no guess
    return nn.functional.cross_entropy(guesses.flatten(0, 1), truth.flatten())  # (B·(T-1), V) and (B·(T-1),)


def make_optimiser(model: GPT, weight_decay: float) -> torch.optim.AdamW:
    grouped: dict[bool, list[Tensor]] = {True: [], False: []}
    for p in model.parameters():
        grouped[p.dim() > 1].append(p)  # matrices and tables; gains and biases have one axis
    groups = [
        {"params": grouped[True], "weight_decay": weight_decay},
        {"params": grouped[False], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.95))  # train_step sets the rate; torch's eps is 1e-8


def rate(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup  # the first step is small and not nothing
    way = min(1.0, (step - warmup) / (steps - warmup))  # 0 at the peak, 1 from `steps` on
    return floor + (peak - floor) * (1 + math.cos(math.pi * way)) / 2


def train_step(model: GPT, optimiser: torch.optim.Optimizer, ids: Tensor, lr: float, max_norm: float) -> float:
    for group in optimiser.param_groups:
        group["lr"] = lr
    value = loss(model(ids), ids)
    optimiser.zero_grad()
    value.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)  # one norm over all of them, so that the direction stays
    optimiser.step()
    return value.item()


def train(model: GPT, ids: Tensor, report: Callable[..., None]) -> list[float]:
    raise NotImplementedError("training is for later")


@torch.no_grad()
def generate(
    model: GPT, ids: Tensor, count: int, temperature: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    for _ in range(count):
        last = model(ids[:, : len(model.positions)])[:, -1]  # (B, V): only what fits, and only the last prediction
        if temperature == 0:
            new = last.argmax(-1, keepdim=True)  # (B, 1)
        else:
            new = torch.multinomial((last / temperature).softmax(-1), 1, generator=generator)  # (B, 1)
        ids = torch.cat([ids, new], dim=1)
    return ids
