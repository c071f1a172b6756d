"""The LoRA router. The README holds the contract; six places are marked TODO."""

import json
import time
from collections.abc import Callable

import torch
from torch import Tensor
from transformers import LlamaForCausalLM


def fit(prompts: list[str], y: Tensor, classes: int) -> Tensor:
    """Whatever your classifier has to remember of the labelled prompts."""
    raise NotImplementedError("TODO 5: learn to tell the classes apart, in fit (how often does each byte occur?)")


def scores(router: Tensor, prompts: list[str]) -> Tensor:
    """How well each class fits each prompt, (N, C): logits, whose softmax are probabilities."""
    raise NotImplementedError("TODO 6: score new prompts, in scores")


def choose(scores: Tensor, threshold: float) -> Tensor:
    """The most probable class (N,), or 0, the base, where even that one is not probable enough."""
    raise NotImplementedError("TODO 1: turn scores into probabilities, and choose, in choose")


def plan(wanted: Tensor, resident: int) -> Tensor:
    """In which order to answer: indices (N,) that need as few loads as can be."""
    raise NotImplementedError("TODO 2: order the requests in plan")


class Server:
    """One base and at most one adapter: `load(i)` fetches the tensors of adapter i, `log(line)` takes a JSON line."""

    def __init__(
        self,
        base: LlamaForCausalLM,
        rank: int,
        alpha: float,
        load: Callable[[int], dict[str, Tensor]],
        log: Callable[[str], None],
    ) -> None:
        self.model, self.rank, self.alpha, self.load, self.log = base, rank, alpha, load, log
        self.resident, self.bytes = 0, 0

    @torch.no_grad()
    def answer(self, prompts: list[Tensor], wanted: Tensor) -> list[Tensor]:
        """Logits (T, V) for each prompt of token ids (T,), in the order in which the prompts came."""
        # TODO 3: go through plan(wanted, self.resident); drop and load where the wanted adapter is not resident.
        # TODO 4: log each drop, load and run with say, when it has happened.
        raise NotImplementedError("TODO 3: answer the prompts in Server.answer")

    def say(self, event: str, adapter: int) -> None:
        self.log(json.dumps({"t": time.monotonic(), "event": event, "adapter": adapter, "bytes": self.bytes}))
