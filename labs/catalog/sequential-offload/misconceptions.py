"""What people get wrong about offloading, as dicts of arrays that the model would have run with, and as plans."""

from collections.abc import Callable

from reference import Case, Weights, fitting, mixed, owners, part


def renamed(weights: Weights, places: list[int]) -> Weights:
    """Block i with the arrays of block places[i]."""
    head = {name: array for name, array in weights.items() if name.startswith("head.")}
    blocks = {f"blocks.{i}.{name}": a for i, place in enumerate(places) for name, a in part(weights, place).items()}
    return head | blocks


def alphabetical(weights: Weights, blocks: int) -> Weights:
    return renamed(weights, [int(name) for name in sorted(str(i) for i in range(blocks))])


def last_for_all(weights: Weights, blocks: int) -> Weights:
    return renamed(weights, [blocks - 1] * blocks)


def first_for_all(weights: Weights, blocks: int) -> Weights:
    return renamed(weights, [0] * blocks)


LOADS: list[tuple[str, str, Callable[[Weights, int], Weights]]] = [
    ("alphabetical", "a model whose blocks got their weights in the alphabetical order of their names", alphabetical),
    ("last-for-all", "a model in which every block has the last one's weights", last_for_all),
    ("first-for-all", "a model in which every block has the first one's weights", first_for_all),
]


def nothing_again(first: Weights, _second: Weights, _blocks: int, _keep: int) -> Weights:
    return first


def everything_again(_first: Weights, second: Weights, _blocks: int, _keep: int) -> Weights:
    return second


def last_kept(first: Weights, second: Weights, blocks: int, keep: int) -> Weights:
    return mixed(first, second, owners(blocks)[-keep:])


def one_more(first: Weights, second: Weights, blocks: int, keep: int) -> Weights:
    return mixed(first, second, owners(blocks)[: keep + 1])


def blocks_kept(first: Weights, second: Weights, blocks: int, keep: int) -> Weights:
    return mixed(first, second, [name for i in range(keep) for name in owners(blocks)[4 * i : 4 * i + 4]])


KEEPS: list[tuple[str, str, Callable[[Weights, Weights, int, int], Weights]]] = [
    ("nothing-again", "a model that reads nothing again: all weights are the first file's", nothing_again),
    ("everything-again", "a model that keeps nothing: all weights are the second file's", everything_again),
    ("last-kept", "a model that keeps the last modules", last_kept),
    ("one-more", "a model that keeps one module more", one_more),
    ("blocks-kept", "a model that keeps whole blocks", blocks_kept),
]


def without_room(sizes: list[int], budget: int) -> int:
    return max((n for n in range(len(sizes) + 1) if sum(sizes[:n]) <= budget), default=-1)


def room_for_largest_of_all(sizes: list[int], budget: int) -> int:
    return max((n for n in range(len(sizes) + 1) if sum(sizes[:n]) + max(sizes) <= budget), default=-1)


def zero_if_too_little(sizes: list[int], budget: int) -> int:
    return max(0, fitting(sizes, budget))


FITTINGS: list[tuple[str, str, Callable[..., int]]] = [
    ("without-room", "counts that leave no room for the modules that come and go", without_room),
    (
        "room-for-largest-of-all",
        "counts with room for the largest module of all, though it may stay",
        room_for_largest_of_all,
    ),
    ("zero-if-too-little", "0 where nothing fits, instead of -1", zero_if_too_little),
]


def all_again(sizes: list[int], keep: int, steps: int) -> int:
    return (steps + 0 * keep) * sum(sizes)


def kept_are_free(sizes: list[int], keep: int, steps: int) -> int:
    return steps * sum(sizes[keep:])


def once(sizes: list[int], keep: int, steps: int) -> int:
    return sum(sizes) + 0 * keep * steps


TRAFFICS: list[tuple[str, str, Callable[..., int]]] = [
    ("all-again", "bytes with every module moved in every step", all_again),
    ("kept-are-free", "bytes without the first transfer of what stays", kept_are_free),
    ("once", "bytes of a single step", once),
]


def counted(cases: list[Case], fn: Callable[..., int]) -> list[int]:
    return [fn(**case) for case in cases]
