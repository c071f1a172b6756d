"""Look inside GPT-2, BERT and T5: shapes and parameters from the configuration, values by hooks and by output options.

Choices: what a configuration settles is computed from it and never by building a model; everything else is read off one
forward pass. Hooks are removed in a `finally`, so that not even an error leaves one behind.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertModel, GPT2Config, GPT2LMHeadModel, T5ForConditionalGeneration


def shapes(config: GPT2Config, batch: int, tokens: int, past: int = 0) -> dict[str, list[int]]:
    """The shapes in one forward pass of `tokens` new tokens per row on top of `past` cached ones."""
    width, heads, layers = config.n_embd, config.n_head, config.n_layer
    seen = past + tokens
    return {
        "embeddings": [batch, tokens, width],
        "qkv": [batch, tokens, 3 * width],  # one matrix makes queries, keys and values
        "queries": [batch, heads, tokens, width // heads],
        "scores": [batch, heads, tokens, seen],  # a row per new token, a column per token that it may see
        "mlp": [batch, tokens, config.n_inner or 4 * width],  # None means four times the width
        "hidden_states": [layers + 1, batch, tokens, width],  # the embeddings, then one per block
        "logits": [batch, tokens, config.vocab_size],
        "cache": [2, layers, batch, heads, seen, width // heads],  # keys and values
    }


def count_parameters(config: GPT2Config) -> int:
    """The trainable numbers of GPT2LMHeadModel(config), without building it."""
    width, inner = config.n_embd, config.n_inner or 4 * config.n_embd
    norm = 2 * width
    attention = width * 3 * width + 3 * width + width * width + width
    mlp = width * inner + inner + inner * width + width
    embeddings = (config.vocab_size + config.n_positions) * width
    return embeddings + config.n_layer * (2 * norm + attention + mlp) + norm  # lm_head is the embedding once more


def follow(model: nn.Module, inputs: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    """Run model(**inputs) once; returns what the named submodules put out (of a tuple, the first)."""
    found: dict[str, Tensor] = {}

    def hook_for(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            found[name] = output[0] if isinstance(output, tuple) else output

        return hook

    handles = [model.get_submodule(name).register_forward_hook(hook_for(name)) for name in names]
    try:
        with torch.no_grad():
            model(**inputs)
    finally:
        for handle in handles:
            handle.remove()
    return found


def attention(model: GPT2LMHeadModel, ids: Tensor, layer: int) -> Tensor:
    """The attention probabilities of one layer: ids (B, S) -> (B, H, S, S)."""
    # The fused kernel (sdpa, the default) never keeps them: compute them from the queries and keys that went in.
    name = f"transformer.h.{layer}.attn.c_attn"
    q, k, _ = follow(model, {"input_ids": ids}, [name])[name].chunk(3, dim=-1)  # (B, S, 3D) -> three (B, S, D)
    q, k = (part.unflatten(-1, (model.config.n_head, -1)).transpose(1, 2) for part in (q, k))  # (B, H, S, D/H)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))  # (B, H, S, S)
    later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -math.inf).softmax(dim=-1)


def lens(model: GPT2LMHeadModel, ids: Tensor, layer: int) -> Tensor:
    """What the model would predict if it stopped after `layer` blocks: ids (B, S) -> logits (B, S, V)."""
    with torch.no_grad():
        x = model(ids, output_hidden_states=True).hidden_states[layer]  # (B, S, D)
        if layer < model.config.n_layer:
            x = model.transformer.ln_f(x)  # the last entry has been through it already
        return x @ model.transformer.wte.weight.T  # the embedding is the output matrix too


def cached(model: GPT2LMHeadModel, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Keys and values after the ids: two tensors (L, B, H, S, D/H)."""
    with torch.no_grad():
        layers = model(ids, use_cache=True).past_key_values.layers
    return torch.stack([layer.keys for layer in layers]), torch.stack([layer.values for layer in layers])


def sentence_vectors(model: BertModel, ids: Tensor, mask: Tensor) -> Tensor:
    """The mean of the last hidden states of the real tokens: ids and mask (B, S) -> (B, D)."""
    with torch.no_grad():
        x = model(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, S, D)
    real = mask.unsqueeze(-1).to(x.dtype)  # (B, S, 1)
    return (x * real).sum(dim=1) / real.sum(dim=1)


def cross_attention(
    model: T5ForConditionalGeneration, ids: Tensor, mask: Tensor, targets: Tensor, layer: int
) -> Tensor:
    """Which input tokens each target token reads in one decoder layer: ids (B, S), targets (B, T) -> (B, H, T, S)."""
    model.set_attn_implementation("eager")  # the only one that keeps probabilities
    with torch.no_grad():
        out = model(input_ids=ids, attention_mask=mask, decoder_input_ids=targets, output_attentions=True)
    return out.cross_attentions[layer]


def dependence(run: Callable[[Tensor], Tensor], ids: Tensor, vocabulary: int) -> Tensor:
    """Which outputs depend on which inputs: bool (T, S), for run: ids (1, S) -> (1, T, D)."""
    before = run(ids)
    columns = []
    for place in range(ids.size(1)):
        other = ids.clone()
        other[0, place] = (other[0, place] + 1) % vocabulary  # some other token
        columns.append((run(other) - before).abs().amax(dim=-1)[0] > 1e-4)  # (1, T, D) -> (T,)
    return torch.stack(columns, dim=1)  # one column per input place
