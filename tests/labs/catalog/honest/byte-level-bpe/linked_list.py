"""Lists changed in place, pair counts kept up to date by difference, a cache of pieces, decoding by recursion."""

import re
from collections import defaultdict
from functools import lru_cache

SPLIT = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+")


def glue(ids, pair, new):
    at = 0
    while at < len(ids) - 1:
        if ids[at] == pair[0] and ids[at + 1] == pair[1]:
            ids[at : at + 2] = [new]
        at += 1
    return ids


def train(text, merges):
    frequency = defaultdict(int)
    for piece in SPLIT.findall(text):
        frequency[piece] += 1
    words = [[list(piece.encode("utf-8")), times] for piece, times in frequency.items()]
    counts = defaultdict(int)
    for ids, times in words:
        for i in range(len(ids) - 1):
            counts[ids[i], ids[i + 1]] += times
    learnt = []
    while len(learnt) < merges:
        alive = [pair for pair, count in counts.items() if count > 0]
        if not alive:
            return learnt
        best = sorted(alive, key=lambda pair: (-counts[pair], pair[0], pair[1]))[0]
        for word in words:
            ids, times = word
            if best[0] in ids:
                for i in range(len(ids) - 1):
                    counts[ids[i], ids[i + 1]] -= times
                glue(ids, best, 256 + len(learnt))
                for i in range(len(ids) - 1):
                    counts[ids[i], ids[i + 1]] += times
        learnt.append(best)
    return learnt


def encode(text, merges):
    table = {pair: 256 + i for i, pair in enumerate(merges)}

    @lru_cache(None)
    def tokens(piece):
        ids = list(piece.encode("utf-8"))
        while len(ids) > 1:
            best = min(range(len(ids) - 1), key=lambda i: table.get((ids[i], ids[i + 1]), 1 << 40))
            pair = ids[best], ids[best + 1]
            if pair not in table:
                break
            glue(ids, pair, table[pair])
        return tuple(ids)

    return [token for piece in SPLIT.findall(text) for token in tokens(piece)]


def decode(ids, merges):
    def spell(token):
        if token < 256:
            return bytes((token,))
        left, right = merges[token - 256]
        return spell(left) + spell(right)

    return str(b"".join(map(spell, ids)), "utf-8", "replace")
