"""Pieces as strings of code points, one per token, merged with str.replace; every merge is tried in turn."""

import re
from itertools import pairwise

CUT = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+")
BASE = 0xE000


def spelled(piece):
    return "".join(chr(BASE + byte) for byte in piece.encode())


def train(text, merges):
    words = [spelled(piece) for piece in CUT.findall(text)]
    learnt = []
    for number in range(merges):
        counts = {}
        for word in words:
            for left, right in pairwise(word):
                counts[left + right] = counts.get(left + right, 0) + 1
        if not counts:
            break
        most = max(counts.values())
        best = min(pair for pair, count in counts.items() if count == most)
        learnt.append((ord(best[0]) - BASE, ord(best[1]) - BASE))
        words = [word.replace(best, chr(BASE + 256 + number)) for word in words]
    return learnt


def encode(text, merges):
    out = []
    for piece in CUT.findall(text):
        word = spelled(piece)
        for number, (left, right) in enumerate(merges):
            word = word.replace(chr(BASE + left) + chr(BASE + right), chr(BASE + 256 + number))
        out.extend(ord(token) - BASE for token in word)
    return out


def decode(ids, merges):
    spelling = {i: [i] for i in range(256)}
    for number, (left, right) in enumerate(merges):
        spelling[256 + number] = spelling[left] + spelling[right]
    return bytes(byte for token in ids for byte in spelling[token]).decode(errors="replace")
