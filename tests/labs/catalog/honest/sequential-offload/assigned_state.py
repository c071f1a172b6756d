"""The file stays open; load_state_dict with assign=True brings tensors in, the old meta tensors are put back."""

from safetensors import safe_open
from torch import nn


class Host:
    def __init__(self, path):
        self.file = safe_open(path, framework="pt", device="cpu")

    def of(self, prefix, module):
        own = {**module._parameters, **module._buffers}
        return {name: self.file.get_tensor(f"{prefix}{name}").float() for name, t in own.items() if t is not None}


class Visitor:
    def __init__(self, host, prefix):
        self.host, self.prefix, self.shells = host, prefix, None

    def enter(self, module, _inputs):
        self.shells = dict(module._parameters), dict(module._buffers)
        self.load(module)

    def load(self, module):
        module.load_state_dict(self.host.of(self.prefix, module), strict=False, assign=True)

    def leave(self, module, _inputs, _output):
        module._parameters.update(self.shells[0])
        module._buffers.update(self.shells[1])


def offload(model: nn.Module, path: str, keep: int = 0):
    host, seen = Host(path), 0
    for name, module in model.named_modules():
        visitor = Visitor(host, f"{name}." if name else "")
        if not visitor.host.of(visitor.prefix, module):
            continue
        seen += 1
        if seen <= keep:
            visitor.load(module)
        else:
            module.register_forward_pre_hook(visitor.enter)
            module.register_forward_hook(visitor.leave)


def fitting(sizes, budget):
    stays = len(sizes)
    while stays >= 0:
        if sum(sizes[:stays]) + max([0, *sizes[stays:]]) <= budget:
            return stays
        stays -= 1
    return stays


def traffic(sizes, keep, steps):
    return sum(size * (1 if i < keep else steps) for i, size in enumerate(sizes))
