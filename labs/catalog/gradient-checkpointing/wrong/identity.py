# fails: gradients, frozen-input, arguments, segments, dropout, stream, plan, peak, recomputed
# baseline: the first argument back, and one segment
"""Trivial baseline: the input back, and one segment."""


def checkpointed(fn, *args):
    del fn
    return args[0]


def run(blocks, x, segments):
    del blocks, segments
    return x


def plan(depth, inside):
    del depth, inside
    return 1
