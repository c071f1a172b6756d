"""Saved tensors are replaced by numbers, and the first that is asked for runs the function again."""

import math
from itertools import accumulate

import torch
from torch import nn


class Segment:
    def __init__(self, fn, args):
        self.fn, self.args, self.state = fn, args, torch.get_rng_state()
        self.count, self.again = 0, {}

    def pack(self, tensor):
        del tensor
        self.count += 1
        return self.count - 1

    def unpack(self, index):
        if not self.again:
            self.run_again()
        return self.again.pop(index)

    def run_again(self):
        now = torch.get_rng_state()
        torch.set_rng_state(self.state)

        def keep(tensor):
            self.again[len(self.again)] = tensor.detach()

        with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, lambda held: held):
            self.fn(*self.args)
        torch.set_rng_state(now)


def checkpointed(fn, *args):
    segment = Segment(fn, args)
    with torch.autograd.graph.saved_tensors_hooks(segment.pack, segment.unpack):
        return fn(*args)


def run(blocks, x, segments):
    sizes = [len(blocks) // segments + (i < len(blocks) % segments) for i in range(segments)]
    for end, size in zip(accumulate(sizes), sizes, strict=True):
        x = checkpointed(nn.Sequential(*blocks[end - size : end]), x)
    return x


def plan(depth, inside):
    best, found = math.inf, 0
    for k in range(1, depth + 1):
        cost = k + inside * -(-depth // k)
        if cost < best:
            best, found = cost, k
    return found
