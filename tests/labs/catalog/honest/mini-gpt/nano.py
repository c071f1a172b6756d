"""One file as nanoGPT would: fused projections, embeddings, fused attention, and a writer with a buffer."""

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.c_fc, self.c_out = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.c_attn(self.ln_1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.c_proj(y.transpose(1, 2).reshape(b, t, d))
        return x + self.c_out(F.gelu(self.c_fc(self.ln_2(x))))


class GPT(nn.Module):
    def __init__(self, vocab, width, heads, layers, context):
        super().__init__()
        self.context = context
        self.wte, self.wpe = nn.Embedding(vocab, width), nn.Embedding(context, width)
        self.h = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.ln_f = nn.LayerNorm(width)
        self.lm_head = nn.Linear(width, vocab, bias=False)
        self.lm_head.weight = self.wte.weight
        nn.init.normal_(self.wte.weight, std=0.15)
        nn.init.normal_(self.wpe.weight, std=0.15)

    def forward(self, ids):
        places = torch.arange(ids.size(1), device=ids.device)
        return self.lm_head(self.ln_f(self.h(self.wte(ids) + self.wpe(places))))


LAYERS = {"o": "c_proj", "1": "c_fc", "2": "c_out"}
NORMS = {"norm1": "ln_1", "norm2": "ln_2"}


def load_weights(model, weights):
    state = {"wte.weight": weights["tokens"], "lm_head.weight": weights["tokens"], "wpe.weight": weights["positions"]}
    state |= {"ln_f.weight": weights["norm_gain"], "ln_f.bias": weights["norm_bias"]}
    for i, w in enumerate(weights["blocks"]):
        state[f"h.{i}.c_attn.weight"] = torch.cat([w["wq"], w["wk"], w["wv"]])
        state[f"h.{i}.c_attn.bias"] = torch.cat([w["bq"], w["bk"], w["bv"]])
        for key, name in LAYERS.items():
            state |= {f"h.{i}.{name}.weight": w[f"w{key}"], f"h.{i}.{name}.bias": w[f"b{key}"]}
        for key, name in NORMS.items():
            state |= {f"h.{i}.{name}.weight": w[f"{key}_gain"], f"h.{i}.{name}.bias": w[f"{key}_bias"]}
    model.load_state_dict(state)


def weights_of(model):
    state, blocks = {name: array.clone() for name, array in model.state_dict().items()}, []
    for i in range(len(model.h)):
        w = dict(zip(("wq", "wk", "wv"), state[f"h.{i}.c_attn.weight"].chunk(3), strict=True))
        w |= dict(zip(("bq", "bk", "bv"), state[f"h.{i}.c_attn.bias"].chunk(3), strict=True))
        for key, name in LAYERS.items():
            w |= {f"w{key}": state[f"h.{i}.{name}.weight"], f"b{key}": state[f"h.{i}.{name}.bias"]}
        for key, name in NORMS.items():
            w |= {f"{key}_gain": state[f"h.{i}.{name}.weight"], f"{key}_bias": state[f"h.{i}.{name}.bias"]}
        blocks.append(w)
    own = {"tokens": state["wte.weight"], "positions": state["wpe.weight"]}
    return own | {"norm_gain": state["ln_f.weight"], "norm_bias": state["ln_f.bias"], "blocks": blocks}


def loss(logits, ids):
    labels = F.pad(ids[:, 1:], (0, 1), value=-100)
    return F.cross_entropy(logits.transpose(1, 2), labels, ignore_index=-100)


def make_optimiser(model, weight_decay):
    plain = {p for name, p in model.named_parameters() if name.endswith("bias") or ".ln_" in name or "ln_f" in name}
    groups = [
        {"params": [p for p in model.parameters() if p not in plain], "weight_decay": weight_decay},
        {"params": list(plain), "weight_decay": 0},
    ]
    return torch.optim.AdamW(groups, lr=0, betas=(0.9, 0.95))


def rate(step, steps, warmup, peak, floor):
    rising = min(1.0, (step + 1) / warmup)
    way = min(max(step - warmup, 0) / (steps - warmup), 1)
    return peak * rising if step < warmup else floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * way))


def train_step(model, optimiser, ids, lr, max_norm):
    optimiser.zero_grad(set_to_none=True)
    for group in optimiser.param_groups:
        group["lr"] = lr
    value = loss(model(ids), ids)
    value.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimiser.step()
    return value


def train(model, ids, report):
    model.train()
    optimiser, losses = make_optimiser(model, 0.1), []
    for step in range(300):
        starts = torch.randint(len(ids) - model.context, (24,)).tolist()
        batch = torch.stack([ids[start : start + model.context] for start in starts])
        losses.append(float(train_step(model, optimiser, batch, rate(step, 300, 20, 1e-2, 5e-4), 1.0)))
        report(step=step, loss=losses[-1])
    return losses


@torch.inference_mode()
def generate(model, ids, count, temperature=1.0, generator=None):
    text = torch.empty(len(ids), ids.size(1) + count, dtype=torch.long)
    text[:, : ids.size(1)] = ids
    for at in range(ids.size(1), text.size(1)):
        logits = model(text[:, max(0, at - model.context) : at])[:, -1]
        if temperature == 0:
            text[:, at] = logits.argmax(-1)
        else:
            text[:, at] = torch.multinomial(F.softmax(logits / temperature, -1), 1, generator=generator).squeeze(1)
    return text
