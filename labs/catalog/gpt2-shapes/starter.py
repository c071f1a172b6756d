"""Look inside GPT-2, BERT and T5. The README holds the contract; nine places are marked TODO."""

from collections.abc import Callable

from torch import Tensor, nn
from transformers import BertModel, GPT2Config, GPT2LMHeadModel, T5ForConditionalGeneration


def shapes(config: GPT2Config, batch: int, tokens: int, past: int = 0) -> dict[str, list[int]]:
    """The shapes in one forward pass of `tokens` new tokens per row on top of `past` cached ones."""
    # TODO 1: one list of sizes for each of the eight names in the README.
    raise NotImplementedError("TODO 1: predict the shapes from config in shapes()")


def count_parameters(config: GPT2Config) -> int:
    """The trainable numbers of GPT2LMHeadModel(config), without building it."""
    # TODO 2: embeddings, then per block two norms, attention and MLP, then the last norm.
    raise NotImplementedError("TODO 2: count in count_parameters()")


def follow(model: nn.Module, inputs: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    """Run model(**inputs) once; returns what the named submodules put out (of a tuple, the first)."""
    # TODO 3: model.get_submodule(name).register_forward_hook(...), run, and remove every hook, come what may.
    raise NotImplementedError("TODO 3: register hooks, run and remove them in follow()")


def attention(model: GPT2LMHeadModel, ids: Tensor, layer: int) -> Tensor:
    """The attention probabilities of one layer: ids (B, S) -> (B, H, S, S)."""
    # TODO 4: from the output of transformer.h.<layer>.attn.c_attn, or by asking the model in the right way.
    raise NotImplementedError("TODO 4: find the attention of one layer in attention()")


def lens(model: GPT2LMHeadModel, ids: Tensor, layer: int) -> Tensor:
    """What the model would predict if it stopped after `layer` blocks: ids (B, S) -> logits (B, S, V)."""
    # TODO 5: a hidden state, the last norm (where it is still missing), the output matrix.
    raise NotImplementedError("TODO 5: read the stream after some blocks in lens()")


def cached(model: GPT2LMHeadModel, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Keys and values after the ids: two tensors (L, B, H, S, D/H)."""
    # TODO 6: look at model(ids, use_cache=True).past_key_values.layers
    raise NotImplementedError("TODO 6: stack keys and values in cached()")


def sentence_vectors(model: BertModel, ids: Tensor, mask: Tensor) -> Tensor:
    """The mean of the last hidden states of the real tokens: ids and mask (B, S) -> (B, D)."""
    # TODO 7: the mask has two jobs here.
    raise NotImplementedError("TODO 7: average the real tokens in sentence_vectors()")


def cross_attention(
    model: T5ForConditionalGeneration, ids: Tensor, mask: Tensor, targets: Tensor, layer: int
) -> Tensor:
    """Which input tokens each target token reads in one decoder layer: ids (B, S), targets (B, T) -> (B, H, T, S)."""
    # TODO 8: what you learned about the default attention in TODO 4 holds here too.
    raise NotImplementedError("TODO 8: find the attention from targets to inputs in cross_attention()")


def dependence(run: Callable[[Tensor], Tensor], ids: Tensor, vocabulary: int) -> Tensor:
    """Which outputs depend on which inputs: bool (T, S), for run: ids (1, S) -> (1, T, D)."""
    # TODO 9: change one token at a time.
    raise NotImplementedError("TODO 9: change one input after the other in dependence()")
