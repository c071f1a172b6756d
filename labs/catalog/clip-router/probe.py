"""How the checks reach into your file: the model and the tokenizer as `transformers` objects, and a script's output."""

import contextlib
import io
from types import ModuleType
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, PreTrainedTokenizerFast

Weights = dict[str, Tensor]


def clip(config: dict[str, Any], weights: Weights) -> CLIPTextModelWithProjection:
    model = CLIPTextModelWithProjection(CLIPTextConfig(**config))
    model.load_state_dict(weights)
    return model.eval()


def tokenizer_of(text: str) -> PreTrainedTokenizerFast:
    """`tokenizer.json`, with the names of its ends; padding is the end token, as CLIP pads."""
    ends = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(text), model_max_length=24, **ends)


def embed(learner: ModuleType, config: dict[str, Any], weights: Weights, tokenizer: str, texts: list[str]) -> Tensor:
    return learner.embed(clip(config, weights), tokenizer_of(tokenizer), texts)


def fit(learner: ModuleType, first: list[Tensor], then: list[Tensor], fresh: Tensor, classes: int) -> Tensor:
    """Fit a router on other vectors (N, D) and classes (N,), then on these; probabilities (M, C) for fresh vectors."""
    router = learner.Router(classes)
    router.fit(*first)
    router.fit(*then)
    return router.probabilities(fresh)


def decide(learner: ModuleType, p: Tensor, threshold: float) -> dict[str, Tensor]:
    choice, confidence = learner.decide(p, threshold)
    return {"choice": choice, "confidence": confidence}


def script(learner: ModuleType, prompts: list[str], rows: Tensor, names: list[str], threshold: float) -> dict[str, Any]:
    """What your main() prints and returns, for a pipeline that looks the probabilities of each prompt up."""
    table = dict(zip(prompts, rows, strict=True))
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        code = learner.main(list(prompts), lambda texts: torch.stack([table[text] for text in texts]), names, threshold)
    return {"code": int(code or 0), "lines": out.getvalue().splitlines(), "errors": errors.getvalue()}


def held_out(
    learner: ModuleType,
    config: dict[str, Any],
    weights: Weights,
    tokenizer: str,
    texts: list[str],
    modules: Tensor,
    fresh: list[str],
) -> Tensor:
    """Fit a router on the embeddings of labelled prompts; probabilities (M, C) for fresh ones."""
    model, tokenize = clip(config, weights), tokenizer_of(tokenizer)
    router = learner.Router(5)
    router.fit(learner.embed(model, tokenize, texts), modules)
    return router.probabilities(learner.embed(model, tokenize, fresh))
