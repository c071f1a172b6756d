"""No hooks at all: each module's forward is replaced for the time of one pass; attention by an own processor."""

from contextlib import ExitStack, contextmanager

import torch


@contextmanager
def wrapped(module, note):
    inner = module.forward

    def forward(*args, **kwargs):
        result = inner(*args, **kwargs)
        note(args, result)
        return result

    module.forward = forward
    try:
        yield
    finally:
        del module.forward


def answer(unet, sample, t, text):
    with torch.inference_mode():
        return unet(sample, t, text, return_dict=False)[0].clone()


def profile(unet, sample, t, text):
    rows, kinds = [], (torch.nn.Conv2d, torch.nn.Linear)
    with ExitStack() as stack:
        for name, module in unet.named_modules():
            if type(module) in kinds or isinstance(module, kinds):
                stack.enter_context(wrapped(module, lambda a, y, n=name, m=module: rows.append(line(n, m, a[0], y))))
        y = answer(unet, sample, t, text)
    return y, rows


def line(name, module, x, y):
    w, b = module.weight, module.bias
    fan_in = w.numel() // w.shape[0]
    params = w.numel() + (0 if b is None else b.numel())
    row = {"name": name, "in": list(x.shape), "out": list(y.shape), "params": params}
    return row | {"macs": y.numel() * fan_in, "bytes": y.nbytes}


def leaves(value):
    if isinstance(value, torch.Tensor):
        yield value.clone()
    else:
        for part in value:
            yield from leaves(part)


def capture(unet, sample, t, text, names):
    kept = {}
    with ExitStack() as stack:
        for name in names:
            note = lambda _a, y, n=name: kept.__setitem__(n, list(leaves(y)))  # noqa: E731 - one line per module
            stack.enter_context(wrapped(unet.get_submodule(name), note))
        answer(unet, sample, t, text)
    return kept


def attention_maps(unet, sample, t, text):
    crossing = [n for n, m in unet.named_modules() if getattr(m, "is_cross_attention", False)]
    kept = capture(unet, sample, t, text, [f"{n}.to_{p}" for n in crossing for p in "qk"])
    maps = {}
    for name in crossing:
        attention = unet.get_submodule(name)
        q, k = (attention.head_to_batch_dim(kept[f"{name}.to_{p}"][0]) for p in "qk")  # (B·A, L, C/A)
        maps[name] = attention.get_attention_scores(q, k).unflatten(0, (len(sample), -1))
    return maps


def parameters_by_block(unet):
    blocks = {}
    for name, child in unet.named_children():
        parts = {f"{name}.{i}": c for i, c in child.named_children()} if name.endswith("_blocks") else {name: child}
        blocks |= {key: sum(p.numel() for p in part.parameters()) for key, part in parts.items()}
    return {name: count for name, count in blocks.items() if count}
