"""How the checks reach into your file: many configurations at once, real caches, and long rows for the meter.

The comparing is done elsewhere. Every function gets your module as `learner`. Run them yourself: nothing else of the
judging happens beside your code.
"""

import ctypes
from importlib import import_module
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

Config = dict[str, Any]
DTYPES = {1: torch.uint8, 2: torch.bfloat16, 4: torch.float32}


def sizes(learner: ModuleType, cases: list[dict[str, Any]]) -> Tensor:
    """kv_bytes of each case."""
    return torch.tensor([int(learner.kv_bytes(**case)) for case in cases])


def real(learner: ModuleType, family: str, config: Config, ids: Tensor, value_bytes: int) -> Tensor:
    """Run a tiny model over ids (B, T): what your kv_bytes predicts, and what your cache_bytes finds in its cache."""
    transformers = import_module("transformers")  # only where it is needed: to import it takes a second
    make, model = (getattr(transformers, family + part) for part in ("Config", "ForCausalLM"))
    given = {name: value for name, value in config.items() if value is not None}
    full = make(**given, intermediate_size=8, vocab_size=32, use_sliding_window=True)
    cache = transformers.DynamicCache(config=full)
    with torch.no_grad():
        model(full).to(DTYPES[value_bytes])(ids, past_key_values=cache)
    batch, tokens = ids.shape
    return torch.tensor([int(learner.kv_bytes(config, batch, tokens, value_bytes)), int(learner.cache_bytes(cache))])


def pages(learner: ModuleType, cases: list[dict[str, Any]]) -> Tensor:
    """paged of each case, (N, 3)."""
    return torch.tensor([[int(number) for number in learner.paged(**case)] for case in cases])


def long_rows(learner: ModuleType, name: str, q: Tensor, k: Tensor, v: Tensor, size: int) -> Tensor:
    """Attention over a long row; what matters is what the runner measures meanwhile."""
    ctypes.CDLL(None).mallopt(-3, 2**16)  # M_MMAP_THRESHOLD: what is freed goes back to the system at once
    with torch.no_grad():
        out = getattr(learner, name)(q, k, v, size)
    return out if isinstance(out, Tensor) else out[0]
