"""How the checks reach into your file: build a small CLIP text model, fill in drawn weights, call your function."""

from types import ModuleType
from typing import Any

from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModelWithProjection


def clip(config: dict[str, Any], weights: dict[str, Tensor]) -> CLIPTextModelWithProjection:
    model = CLIPTextModelWithProjection(CLIPTextConfig(**config))
    model.load_state_dict(weights)
    return model.eval()


def batch(learner: ModuleType, rows: list[list[int]], bos: int, eos: int, length: int) -> dict[str, Tensor]:
    ids, mask = learner.batch(rows, bos, eos, length)
    return {"ids": ids, "mask": mask}


def embed(learner: ModuleType, config: dict[str, Any], weights: dict[str, Tensor], ids: Tensor) -> Tensor:
    return learner.embed(clip(config, weights), ids)
