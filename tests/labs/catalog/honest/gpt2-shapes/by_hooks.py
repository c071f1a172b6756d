"""Everything by hooks and by the weights themselves: no output option is used."""

import torch
from torch.nn.functional import layer_norm


def shapes(config, batch, tokens, past=0):
    b, s, d, h, n = batch, tokens, config.n_embd, config.n_head, config.n_layer
    f = 4 * d if config.n_inner is None else config.n_inner
    return {
        "embeddings": torch.Size((b, s, d)),
        "qkv": torch.Size((b, s, d * 3)),
        "queries": torch.Size((b, h, s, d // h)),
        "scores": torch.Size((b, h, s, s + past)),
        "mlp": torch.Size((b, s, f)),
        "hidden_states": torch.Size((n + 1, b, s, d)),
        "logits": torch.Size((b, s, config.vocab_size)),
        "cache": torch.Size((2, n, b, h, s + past, d // h)),
    }


def count_parameters(config):
    d = config.n_embd
    f = 4 * d if config.n_inner is None else config.n_inner
    per_block = sum([2 * d, 3 * d * (d + 1), d * (d + 1), 2 * d, f * (d + 1), d * (f + 1)])
    return sum([config.vocab_size * d, config.n_positions * d, per_block * config.n_layer, 2 * d])


@torch.no_grad()
def follow(model, inputs, names):
    found, handles = {}, []
    try:
        for name in names:
            module = dict(model.named_modules())[name]

            def keep(_module, _given, out, name=name):
                found.setdefault(name, out if torch.is_tensor(out) else out[0])

            handles.append(module.register_forward_hook(keep))
        model(**inputs)
    finally:
        [handle.remove() for handle in handles]
    return {name: found[name] for name in names}


def projected(model, ids):
    """Queries, keys and values of every block: (3, L, B, H, S, D/H)."""
    names = [f"transformer.h.{i}.attn.c_attn" for i in range(model.config.n_layer)]
    found = follow(model, {"input_ids": ids}, names)
    fused = torch.stack([found[name] for name in names])
    return torch.einsum("lbsphd->plbhsd", fused.unflatten(-1, (3, model.config.n_head, -1)))


def attention(model, ids, layer):
    q, k, _ = projected(model, ids)[:, layer]
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k) * q.shape[-1] ** -0.5
    powers = scores.exp().tril()
    return powers / powers.sum(-1, keepdim=True)


def lens(model, ids, layer):
    name = "transformer.drop" if layer == 0 else f"transformer.h.{layer - 1}"
    x = follow(model, {"input_ids": ids}, [name])[name]
    norm = model.transformer.ln_f
    x = layer_norm(x, x.shape[-1:], norm.weight, norm.bias, norm.eps)
    return torch.einsum("bsd,vd->bsv", x, model.lm_head.weight)


def cached(model, ids):
    _, keys, values = projected(model, ids)
    return keys, values


def sentence_vectors(model, ids, mask):
    last = f"encoder.layer.{model.config.num_hidden_layers - 1}"
    x = follow(model, {"input_ids": ids, "attention_mask": mask}, [last])[last]
    return torch.einsum("bsd,bs->bd", x, mask / mask.sum(1, keepdim=True))


def cross_attention(model, ids, mask, targets, layer):
    at = f"decoder.block.{layer}.layer.1.EncDecAttention"
    inputs = {"input_ids": ids, "attention_mask": mask, "decoder_input_ids": targets}
    found = follow(model, inputs, [f"{at}.q", f"{at}.k"])
    q, k = (found[f"{at}.{part}"].unflatten(-1, (model.config.num_heads, -1)) for part in "qk")
    scores = torch.einsum("bthd,bshd->bhts", q, k)
    return scores.masked_fill(mask[:, None, None] == 0, -torch.inf).softmax(-1)


def dependence(run, ids, vocabulary):
    answer = torch.zeros(run(ids).shape[1], ids.shape[1], dtype=torch.bool)
    for place, token in enumerate(ids[0].tolist()):
        tokens = ids.tolist()[0]
        tokens[place] = (token + vocabulary // 2) % vocabulary
        answer[:, place] = (run(torch.tensor([tokens])) - run(ids)).norm(dim=-1)[0] > 1e-4
    return answer
