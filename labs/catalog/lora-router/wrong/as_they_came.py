# fails: plan, log
# mistake: as-they-came
"""Nothing is planned."""

import json
import time
from collections.abc import Callable

import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from torch import Tensor
from transformers import LlamaForCausalLM

LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def counts(prompts: list[str]) -> Tensor:
    """How often each byte stands in each prompt, (N, 256)."""
    return torch.stack([torch.bincount(torch.tensor(list(p.encode())), minlength=256) for p in prompts]).float()


def fit(prompts: list[str], y: Tensor, classes: int) -> Tensor:
    """Log frequencies of bytes in each class, (C, 256)."""
    table = torch.ones(classes, 256)  # every byte was seen once, so that no logarithm is infinite
    table.index_add_(0, y, counts(prompts))
    return torch.log(table / table.sum(1, keepdim=True))


def scores(router: Tensor, prompts: list[str]) -> Tensor:
    """How well each class explains each prompt, (N, C): log-likelihoods, whose softmax is the posterior."""
    return counts(prompts) @ router.mT


def choose(scores: Tensor, threshold: float) -> Tensor:
    """The most probable class (N,), or 0, the base, where even that one is not probable enough."""
    p, best = scores.softmax(-1).max(-1)
    return best.where(p >= threshold, 0)  # a wrong adapter is worse than none


def plan(wanted: Tensor, _resident: int) -> Tensor:
    """In which order to answer: indices (N,) that need as few loads as can be."""
    return torch.arange(len(wanted))


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
        answers: dict[int, Tensor] = {}
        for at in plan(wanted, self.resident).tolist():
            need = int(wanted[at])
            if need not in (0, self.resident):
                self.drop()  # before the next one is fetched, or there are two of them for a moment
                self.fetch(need)
            answers[at] = self.run(prompts[at], need)
        return [answers[at] for at in range(len(prompts))]  # back in the callers' order

    def run(self, ids: Tensor, need: int) -> Tensor:
        if need or not self.resident:
            logits = self.model(input_ids=ids[None]).logits[0]
        else:
            with self.model.disable_adapter():  # the base was asked for; the resident adapter may stay
                logits = self.model(input_ids=ids[None]).logits[0]
        self.say("run", need)
        return logits

    def drop(self) -> None:
        if self.resident:
            gone, self.resident, self.bytes = self.resident, 0, 0
            self.model = self.model.unload()  # the base's own linear layers again, nothing of the adapter left
            self.say("drop", gone)

    def fetch(self, need: int) -> None:
        state = self.load(need)
        config = LoraConfig(r=self.rank, lora_alpha=self.alpha, target_modules=LINEAR)
        self.model = get_peft_model(self.model, config)
        set_peft_model_state_dict(self.model, state)  # copies, so the fetched tensors may go
        self.resident, self.bytes = need, sum(array.nbytes for array in state.values())
        del state
        self.say("load", need)

    def say(self, event: str, adapter: int) -> None:
        """At once: a log that is written at the end knows only what the end looked like."""
        self.log(json.dumps({"t": time.monotonic(), "event": event, "adapter": adapter, "bytes": self.bytes}))
