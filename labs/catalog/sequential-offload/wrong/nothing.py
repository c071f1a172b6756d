# fails: output, read-again, kept, fitting, traffic, peak
# baseline: zeros in every module
"""Trivial baseline: zeros in all modules, and nothing is ever moved."""

import torch


def offload(model, path, keep=0):
    del path, keep

    def zeros(_module, _args, output):
        return torch.zeros(output.shape)

    def nothing(_module, args):
        return tuple(torch.zeros(arg.shape, device="meta") for arg in args)

    model.register_forward_pre_hook(nothing)
    model.register_forward_hook(zeros)


def fitting(sizes, budget):
    del sizes, budget
    return 0


def traffic(sizes, keep, steps):
    del sizes, keep, steps
    return 0
