"""How the checks reach your file. `store` holds the adapters; each load hands out a fresh copy, as a disk would.

While your server works, everything is noted: every line of your log together with how many loads had been made, and
before each load and at each line how many bytes of adapters are alive in this process.
"""

import gc
import time
import warnings
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

Weights = dict[str, Tensor]

warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers for a property by its old name


def scores(learner: ModuleType, prompts: list[str], y: Tensor, classes: int, new: list[str]) -> Tensor:
    """Fit your router to labelled prompts and score new ones, (N, C)."""
    return learner.scores(learner.fit(prompts, y, classes), new)


class Harness:
    """What your server is given, and what was seen meanwhile."""

    def __init__(self, store: list[Weights], rank: int) -> None:
        self.store, self.rank = store, rank
        self.loads: list[int] = []
        self.lines: list[dict[str, Any]] = []
        self.before_loading: list[int] = []

    def load(self, i: int) -> Weights:
        self.before_loading.append(self.alive())
        self.loads.append(i)
        return {name: array.clone() for name, array in self.store[i - 1].items()}

    def log(self, line: str) -> None:
        seen = {"line": line, "loads": len(self.loads), "alive": self.alive(), "clock": time.monotonic()}
        self.lines.append(seen)

    def alive(self) -> int:
        """Bytes of tensors with the adapters' rank as one of two axes, but for the store's own."""
        gc.collect()
        own = {array.untyped_storage().data_ptr() for state in self.store for array in state.values()}
        found = {}
        for thing in gc.get_objects():
            if issubclass(type(thing), Tensor) and thing.ndim == 2 and self.rank in thing.shape:
                found[thing.untyped_storage().data_ptr()] = thing.untyped_storage().nbytes()
        return sum(size for at, size in found.items() if at not in own)

    def noted(self) -> dict[str, Any]:
        return {"loads": self.loads, "before_loading": self.before_loading, "lines": self.lines}


def serve(
    learner: ModuleType,
    config: dict[str, int],
    weights: Weights,
    store: list[Weights],
    rank: int,
    alpha: float,
    batches: list[dict[str, Any]],
) -> dict[str, Any]:
    """One server, several batches of prompts one after the other: all answers, and what was noted."""
    base = LlamaForCausalLM(LlamaConfig(**config, tie_word_embeddings=False, attn_implementation="eager"))
    base.load_state_dict(weights)
    harness = Harness(store, rank)
    server = learner.Server(base.eval(), rank, alpha, harness.load, harness.log)
    answers = [server.answer(batch["prompts"], batch["wanted"]) for batch in batches]
    answers = [[logits.detach().clone() for logits in batch] for batch in answers]
    return {"answers": answers, **harness.noted()}


def whole(
    learner: ModuleType,
    prompts: list[str],
    y: Tensor,
    threshold: float,
    requests: list[str],
    store: list[Weights],
    **made: Any,
) -> dict[str, Any]:
    """Fit, route and serve: the requests are texts, and what they want is for your router to find out."""
    router = learner.fit(prompts, y, len(store) + 1)
    wanted = learner.choose(learner.scores(router, requests), threshold)
    ids = [torch.tensor(list(text.encode())) for text in requests]
    served = serve(learner, store=store, batches=[{"prompts": ids, "wanted": wanted.clone()}], **made)
    return {"wanted": wanted, **served}
