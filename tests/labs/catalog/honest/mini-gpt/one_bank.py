"""One file, no modules inside: each array of all blocks in one stacked parameter, einsum, AdamW written by hand."""

import math

import torch
from torch import nn

MATRICES = {"wq": "DD", "wk": "DD", "wv": "DD", "wo": "DD", "w1": "FD", "w2": "DF"}
VECTORS = {"bq": "D", "bk": "D", "bv": "D", "bo": "D", "b1": "F", "b2": "D"}
NORMS = {"norm1_gain": "D", "norm1_bias": "D", "norm2_gain": "D", "norm2_bias": "D"}


class GPT(nn.Module):
    def __init__(self, vocab, width, heads, layers, context):
        super().__init__()
        self.heads, self.context, self.layers = heads, context, layers
        sizes = {"D": width, "F": 4 * width}
        bank = {"tokens": 0.2 * torch.randn(vocab, width), "positions": 0.2 * torch.randn(context, width)}
        bank |= {"norm_gain": torch.ones(width), "norm_bias": torch.zeros(width)}
        for name, axes in {**MATRICES, **VECTORS, **NORMS}.items():
            shape = [layers, *(sizes[axis] for axis in axes)]
            bank[name] = torch.randn(shape) * shape[-1] ** -0.5 if name in MATRICES else torch.zeros(shape)
            if name.endswith("gain"):
                bank[name] += 1
        self.bank = nn.ParameterDict({name: nn.Parameter(array) for name, array in bank.items()})

    def forward(self, ids):
        w, t = self.bank, ids.shape[1]
        x = w["tokens"][ids] + w["positions"][torch.arange(t)]
        future = torch.arange(t)[:, None] < torch.arange(t)
        for i in range(self.layers):
            h = norm(x, w["norm1_gain"][i], w["norm1_bias"][i])
            q, k, v = (
                (torch.einsum("btd,ed->bte", h, w[f"w{n}"][i]) + w[f"b{n}"][i]).unflatten(-1, (self.heads, -1))
                for n in "qkv"
            )
            scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(q.shape[-1])
            weights = torch.exp(scores.masked_fill(future, -1e30).log_softmax(-1))
            mixed = torch.einsum("bhqk,bkhd->bqhd", weights, v).flatten(2)
            x = x + torch.einsum("btd,ed->bte", mixed, w["wo"][i]) + w["bo"][i]
            h = norm(x, w["norm2_gain"][i], w["norm2_bias"][i])
            h = torch.einsum("btd,fd->btf", h, w["w1"][i]) + w["b1"][i]
            h = h * 0.5 * (1 + torch.erf(h / math.sqrt(2)))
            x = x + torch.einsum("btf,df->btd", h, w["w2"][i]) + w["b2"][i]
        return torch.einsum("btd,vd->btv", norm(x, w["norm_gain"], w["norm_bias"]), w["tokens"])


def norm(x, gain, bias):
    x = x - x.mean(-1, keepdim=True)
    return x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * gain + bias


def load_weights(model, weights):
    for name, p in model.bank.items():
        whole = weights[name] if name in weights else torch.stack([block[name] for block in weights["blocks"]])
        p.data = whole.clone()


def weights_of(model):
    own = {name: p.detach() for name, p in model.bank.items() if name in ("tokens", "positions") or name[:5] == "norm_"}
    inner = [name for name in model.bank if name not in own]
    return own | {"blocks": [{name: model.bank[name].detach()[i] for name in inner} for i in range(model.layers)]}


def loss(logits, ids):
    chosen = logits[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None])
    return -chosen.sum() / chosen.numel()


class AdamByHand(torch.optim.Optimizer):
    def __init__(self, groups):
        super().__init__(groups, {"lr": 0.01, "decay": 0.0})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                state.setdefault("t", 0)
                state["t"] += 1
                m = state["m"] = 0.9 * state.get("m", 0.0) + 0.1 * p.grad
                s = state["s"] = 0.95 * state.get("s", 0.0) + 0.05 * p.grad**2
                change = m / (1 - 0.9 ** state["t"]) / ((s / (1 - 0.95 ** state["t"])).sqrt() + 1e-8)
                p.sub_(group["lr"] * (change + group["decay"] * p))


def make_optimiser(model, weight_decay):
    fading = [p for name, p in model.bank.items() if name in (*MATRICES, "tokens", "positions")]
    rest = [p for name, p in model.bank.items() if name not in (*MATRICES, "tokens", "positions")]
    return AdamByHand([{"params": fading, "decay": weight_decay}, {"params": rest}])


def rate(step, steps, warmup, peak, floor):
    if step < warmup:
        return (step + 1) * peak / warmup
    if step >= steps:
        return floor
    return floor + (peak - floor) * math.cos(math.pi / 2 * (step - warmup) / (steps - warmup)) ** 2


def train_step(model, optimiser, ids, lr, max_norm):
    for group in optimiser.param_groups:
        group["lr"] = lr
    model.zero_grad()
    value = loss(model(ids), ids)
    value.backward()
    norm_of_all = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
    for p in model.parameters():
        p.grad *= min(1.0, max_norm / float(norm_of_all))
    optimiser.step()
    return value.detach()


def train(model, ids, report):
    optimiser, losses, steps = make_optimiser(model, 0.05), [], 320
    rows = ids[: len(ids) // model.context * model.context].view(-1, model.context)
    for step in range(steps):
        batch = rows[torch.randint(len(rows), (32,))]
        losses.append(train_step(model, optimiser, batch, rate(step, steps, 20, 0.01, 0.0005), 1.0))
        if step % 10 == 0:
            report(step=step, loss=losses[-1])
    return losses


def generate(model, ids, count, temperature=1.0, generator=None):
    text = ids.clone()
    with torch.no_grad():
        while text.shape[1] < ids.shape[1] + count:
            logits = model(text[:, max(0, text.shape[1] - model.context) :])[:, -1]
            noise = torch.rand(logits.shape, generator=generator)
            gumbel = -torch.log(-torch.log(noise.clamp(1e-9, 1 - 1e-7)))
            best = (logits + temperature * gumbel).argmax(-1) if temperature else logits.argmax(-1)
            text = torch.cat([text, best[:, None]], dim=1)
    return text
