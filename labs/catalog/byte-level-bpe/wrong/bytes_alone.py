# fails: train, ties, repeats, short, encode
# mistake: bytes
# baseline: bytes, without a merge
"""Trivial baseline: bytes, without a merge."""


def train(text, merges):
    del text, merges
    return []


def encode(text, merges):
    del merges
    return list(text.encode())


def decode(ids, merges):
    tokens = [bytes([i]) for i in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return b"".join(tokens[i] for i in ids).decode(errors="replace")
