"""What people get wrong about byte-pair encoding: the reference with one ingredient changed."""

from reference import PIECE, Pair, Trainer, apart, encode, table


def whole(text: str) -> list[str]:
    return [text]


TRAINING = [
    ("across-pieces", "merges that cross pieces", Trainer(pieces=whole)),
    ("unweighted", "merges with every piece counted once", Trainer(weigh=False)),
    ("ties-by-order", "merges with ties decided by who was seen first", Trainer(prefer=lambda _, order: order)),
    ("ties-by-largest", "merges with ties decided for the largest pair", Trainer(prefer=lambda p, _: (-p[0], -p[1]))),
    ("ties-by-latest", "merges with ties decided by who was seen last", Trainer(prefer=lambda _, order: -order)),
    ("apart", "merges whose counts leave out pairs that overlap", Trainer(pairs=apart)),
]


def longest(text: str, merges: list[Pair]) -> list[int]:
    """The longest token that fits, from left to right."""
    of = {token: at for at, token in reversed(list(enumerate(table(merges))))}
    out = []
    for piece in PIECE.findall(text):
        rest = piece.encode()
        while rest:
            size = next(n for n in range(len(rest), 0, -1) if rest[:n] in of)
            out.append(of[rest[:size]])
            rest = rest[size:]
    return out


def leftmost(text: str, merges: list[Pair]) -> list[int]:
    """The first pair from the left that has a merge, whichever it is."""
    rank = {pair: 256 + at for at, pair in enumerate(merges)}
    out: list[int] = []
    for piece in PIECE.findall(text):
        ids = list(piece.encode())
        at = 0
        while at < len(ids) - 1:
            if (ids[at], ids[at + 1]) in rank:
                ids[at : at + 2] = [rank[ids[at], ids[at + 1]]]
                at = 0
            else:
                at += 1
        out += ids
    return out


ENCODING = [
    ("longest-token", "the longest token that fits, taken from the left", longest),
    ("leftmost-merge", "the leftmost merge that fits, instead of the earliest learnt", leftmost),
    ("across-pieces", "an encoding with merges that cross pieces", lambda text, merges: encode(text, merges, whole)),
    ("bytes", "bare bytes, without a merge", lambda text, _: list(text.encode())),
]


def one_by_one(ids: list[int], merges: list[Pair]) -> str:
    return "".join(table(merges)[i].decode(errors="replace") for i in ids)


def ignoring(ids: list[int], merges: list[Pair]) -> str:
    return b"".join(table(merges)[i] for i in ids).decode(errors="ignore")


def latin(ids: list[int], merges: list[Pair]) -> str:
    return b"".join(table(merges)[i] for i in ids).decode("latin-1")


DECODING = [
    ("one-by-one", "a text decoded token by token", one_by_one),
    ("ignored", "a text whose broken bytes are left out", ignoring),
    ("latin-1", "a text with a character for every byte", latin),
]
