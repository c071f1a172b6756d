"""Everything that the library can be asked for, asked for: eager attention, hidden states, meta tensors."""

import copy

import torch
from transformers import GPT2LMHeadModel


def shapes(config, batch, tokens, past=0):
    d, inner = config.hidden_size, config.n_inner
    if inner is None:
        inner = 4 * d
    head = d // config.num_attention_heads
    per_head = (batch, config.num_attention_heads)
    return {
        "logits": (batch, tokens, config.vocab_size),
        "embeddings": (batch, tokens, d),
        "qkv": (batch, tokens, 3 * d),
        "queries": (*per_head, tokens, head),
        "scores": (*per_head, tokens, tokens + past),
        "mlp": (batch, tokens, inner),
        "hidden_states": (config.num_hidden_layers + 1, batch, tokens, d),
        "cache": (2, config.num_hidden_layers, *per_head, tokens + past, head),
    }


def count_parameters(config):
    shallow = copy.deepcopy(config)
    shallow.n_layer = 1
    with torch.device("meta"):  # shapes without memory
        model = GPT2LMHeadModel(shallow)
    block = sum(p.numel() for p in model.transformer.h[0].parameters())
    return sum(p.numel() for p in model.parameters()) + (config.n_layer - 1) * block


class Follow:
    def __init__(self, model, names):
        self.modules = {name: module for name, module in model.named_modules() if name in names}
        self.found, self.handles = {}, []

    def __enter__(self):
        for name, module in self.modules.items():
            self.handles.append(module.register_forward_hook(self.keeping(name)))
        return self.found

    def keeping(self, name):
        return lambda _module, _given, out: self.found.update(
            {name: out[0].clone() if type(out) is tuple else out.clone()}
        )

    def __exit__(self, *_):
        for handle in self.handles:
            handle.remove()


def follow(model, inputs, names):
    with Follow(model, names) as found:
        model(**inputs)
    return found


def attention(model, ids, layer):
    model.set_attn_implementation("eager")
    return model(ids, output_attentions=True).attentions[layer]


def lens(model, ids, layer):
    out = model(ids, output_hidden_states=True)
    if layer == len(model.transformer.h):
        return out.logits
    return model.lm_head(model.transformer.ln_f(out.hidden_states[layer]))


def cached(model, ids):
    cache = model.transformer(ids).past_key_values
    keys, values = zip(*[(layer.keys, layer.values) for layer in cache.layers], strict=True)
    return torch.stack(keys), torch.stack(values)


def sentence_vectors(model, ids, mask):
    states = model(ids, mask).last_hidden_state
    return torch.stack([row[keep.bool()].mean(0) for row, keep in zip(states, mask, strict=True)])


def cross_attention(model, ids, mask, targets, layer):
    model.set_attn_implementation("eager")
    memory = model.encoder(input_ids=ids, attention_mask=mask)
    out = model(
        encoder_outputs=memory,
        attention_mask=mask,
        decoder_input_ids=targets,
        output_attentions=True,
        use_cache=False,
    )
    return out.cross_attentions[layer]


def dependence(run, ids, vocabulary):
    del vocabulary
    before, found = run(ids)[0], []
    for place in range(ids.shape[1]):
        other = ids.clone()
        other[0, place] = 0 if other[0, place] else 1
        found.append(~torch.isclose(run(other)[0], before, rtol=0, atol=1e-4).all(-1))
    return torch.stack(found).T.contiguous()
