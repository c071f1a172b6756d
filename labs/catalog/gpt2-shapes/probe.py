"""How the checks reach into your file: build a small model from a configuration, fill in weights, call your function.

Every function gets your module as `learner`. Models come in evaluation mode with the default attention (sdpa), as
`from_pretrained` would give them to you.
"""

import contextlib
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, T5Config, T5ForConditionalGeneration

Weights = dict[str, Tensor]


def gpt2_config(config: dict[str, Any]) -> GPT2Config:
    return GPT2Config(**config, bos_token_id=0, eos_token_id=0)


def gpt2(config: dict[str, Any], weights: Weights) -> GPT2LMHeadModel:
    model = GPT2LMHeadModel(gpt2_config(config))
    model.load_state_dict({**weights, "lm_head.weight": weights["transformer.wte.weight"]})
    return model.eval()


def bert(config: dict[str, Any], weights: Weights) -> BertModel:
    model = BertModel(BertConfig(**config))
    model.load_state_dict(weights)
    return model.eval()


def t5(config: dict[str, Any], weights: Weights) -> T5ForConditionalGeneration:
    model = T5ForConditionalGeneration(T5Config(**config))
    tied = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight")
    model.load_state_dict({**weights, **dict.fromkeys(tied, weights["shared.weight"])})
    return model.eval()


def shapes(learner: ModuleType, config: dict[str, Any], batch: int, tokens: int, past: int) -> dict[str, Tensor]:
    """Your table, each shape as a tensor of integers."""
    table = learner.shapes(gpt2_config(config), batch, tokens, **({"past": past} if past else {}))
    return {str(name): torch.tensor([int(size) for size in shape]) for name, shape in table.items()}


def count(learner: ModuleType, config: dict[str, Any]) -> int:
    return int(learner.count_parameters(gpt2_config(config)))


def follow(
    learner: ModuleType, config: dict[str, Any], weights: Weights, ids: Tensor, later: Tensor, names: list[str]
) -> dict[str, Tensor]:
    """What you found for `ids`, read after the model has run once more, on `later`."""
    model = gpt2(config, weights)
    found = learner.follow(model, {"input_ids": ids}, list(names))
    with torch.no_grad():
        model(input_ids=later)
    return {name: found[name] for name in names}


def attention(learner: ModuleType, config: dict[str, Any], weights: Weights, ids: Tensor, layer: int) -> Tensor:
    return learner.attention(gpt2(config, weights), ids, layer)


def lens(learner: ModuleType, config: dict[str, Any], weights: Weights, ids: Tensor, layer: int) -> Tensor:
    return learner.lens(gpt2(config, weights), ids, layer)


def cached(learner: ModuleType, config: dict[str, Any], weights: Weights, ids: Tensor) -> dict[str, Tensor]:
    keys, values = learner.cached(gpt2(config, weights), ids)
    return {"keys": keys, "values": values}


def sentence_vectors(
    learner: ModuleType, config: dict[str, Any], weights: Weights, ids: Tensor, mask: Tensor
) -> Tensor:
    return learner.sentence_vectors(bert(config, weights), ids, mask)


def cross_attention(
    learner: ModuleType,
    config: dict[str, Any],
    weights: Weights,
    ids: Tensor,
    mask: Tensor,
    targets: Tensor,
    layer: int,
) -> Tensor:
    return learner.cross_attention(t5(config, weights), ids, mask, targets, layer)


def dependence(learner: ModuleType, mixing: Tensor, table: Tensor, ids: Tensor) -> Tensor:
    """A model of which everything is known: each output is a mixture of embeddings, (T, S) @ (S, D)."""
    return learner.dependence(lambda tokens: mixing @ table[tokens], ids, len(table))


def dependence_in(learner: ModuleType, family: str, config: dict[str, Any], weights: Weights, ids: Tensor) -> Tensor:
    """The same of the hidden states of GPT-2, BERT or T5's decoder."""
    with torch.no_grad():
        if family == "gpt2":
            model: nn.Module = gpt2(config, weights).transformer
        elif family == "bert":
            model = bert(config, weights)
        else:
            whole = t5(config, weights)
            memory = whole.encoder(input_ids=ids.flip(1)).last_hidden_state
            model = whole.decoder
        fixed = {"encoder_hidden_states": memory} if family == "t5" else {}
        return learner.dependence(
            lambda tokens: model(input_ids=tokens, **fixed).last_hidden_state, ids, config["vocab_size"]
        )


def left_behind(learner: ModuleType, config: dict[str, Any], weights: Weights, ids: Tensor) -> dict[str, int]:
    """Hooks on the model after `follow`, and more of them after a run that breaks off with an error."""
    model = gpt2(config, weights)
    learner.follow(model, {"input_ids": ids}, ["transformer.h.0"])
    after_success = hooks_on(model)
    too_long = torch.zeros(1, config["n_positions"] + 1, dtype=torch.long)
    with contextlib.suppress(IndexError, RuntimeError):  # positions run out behind the embedding
        learner.follow(model, {"input_ids": too_long}, ["transformer.wte"])
    return {"success": after_success, "error": hooks_on(model) - after_success}


def hooks_on(model: nn.Module) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())
