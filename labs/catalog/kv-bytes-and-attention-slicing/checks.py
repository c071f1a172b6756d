"""Checks for cache bytes and attention in pieces: exact integers, float64 attention, and memory from outside."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check, curves
from misconceptions import BYTES, CHUNKS, LOG_SUMS, PAGES, SLICES, WINDOWS
from reference import Case, Config, Count, attention, log_sums, pages

TERMS = 16
"""Over 40 seeds and three styles the error is below a sixth of the tolerance."""
LONG, WIDTH, SIZE = 3072, 8, 64
MOST = 30.0
"""MiB for 3,072 queries. The reference takes 11 and 12; one table of scores has 36, with its softmax beside it 72."""
LOUD = 12.0
EXACT = {"dtype": torch.int64, "tolerance": 0.0}


def draw_config(lab: Lab, *, windows: bool = False) -> Config:
    """Names as in transformers; key heads and head_dim are left out now and then."""
    groups, key_heads, layers = lab.random.choice([2, 3, 4]), lab.random.choice([2, 3, 5]), lab.random.randint(3, 6)
    heads = groups * key_heads
    kinds = [lab.random.choice(["full_attention", "sliding_attention"]) for _ in range(layers - 2)]
    return {
        "hidden_size": heads * lab.random.choice([12, 16]),
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": key_heads,
        "head_dim": None,
        "layer_types": ["sliding_attention", "full_attention", *kinds] if windows else None,
        "sliding_window": lab.random.randint(5, 9) if windows else None,
    }


def draw_cases(lab: Lab, configs: list[Config]) -> list[Case]:
    """One and four bytes a value in turn, and in the last case as many as there are by default."""
    drawn = [{"tokens": lab.random.randint(20, 40), "batch": lab.random.randint(2, 5)} for _ in configs]
    sizes = [{"value_bytes": (1, 4)[i % 2]} for i in range(len(configs) - 1)] + [{}]
    return [{"config": c, **case, **size} for c, case, size in zip(configs, drawn, sizes, strict=True)]


def compare_bytes(lab: Lab, cases: list[Case], mistakes: list[tuple[str, str, Count]]) -> None:
    out = lab.probe("sizes", cases)
    known = [Misconception(key, text, partial(counted, cases, count)) for key, text, count in mistakes]
    lab.equals(out, counted(cases, Count()), axes="case", misconceptions=known, **EXACT)


def counted(cases: list[Case], count: Count) -> Tensor:
    return torch.tensor([count(**case) for case in cases]).double()


@check("bytes")
def bytes_with_many_few_and_one_key_head(lab: Lab) -> None:
    grouped, wide, many, one = (draw_config(lab) for _ in range(4))
    wide["head_dim"] = 2 * wide["hidden_size"] // wide["num_attention_heads"]
    many["num_key_value_heads"], one["num_key_value_heads"] = None, 1
    compare_bytes(lab, draw_cases(lab, [grouped, wide, many, one]), BYTES)


@check("windows")
def bytes_where_some_layers_see_a_window(lab: Lab) -> None:
    cases = draw_cases(lab, [draw_config(lab, windows=True) for _ in range(3)])
    cases[1]["tokens"] = cases[1]["config"]["sliding_window"] - 2  # the window is not full yet
    show_growth(lab, cases[0]["config"])
    compare_bytes(lab, cases, WINDOWS)


def show_growth(lab: Lab, config: Config) -> None:
    lengths, plain = range(1, 33), {**config, "layer_types": None}
    kinds = {"many heads": {**plain, "num_key_value_heads": None}, "few": plain, "few and windows": config}
    given = [{"config": c, "batch": 1, "tokens": t, "value_bytes": 2} for c in kinds.values() for t in lengths]
    found = lab.probe("sizes", given).any_tensor().double().flatten()
    if found.numel() == len(given):
        rows = found.reshape(len(kinds), -1)
        lab.show(curves("Bytes of your caches", "tokens", **dict(zip(kinds, rows, strict=True))))


@check("real")
def the_bytes_of_real_caches(lab: Lab) -> None:
    lab.dims("B T", B=(2, 4), T=(11, 15))
    ids = lab.integers("B T", low=0, high=32)
    for family, value_bytes in (("Llama", 4), ("Qwen2", 2)):
        config = draw_config(lab, windows=family == "Qwen2")
        case = {"config": config, "batch": lab.size("B"), "tokens": lab.size("T"), "value_bytes": value_bytes}
        out = lab.probe("real", family, config, ids, value_bytes)
        known = [Misconception(key, text, partial(both, case, count)) for key, text, count in WINDOWS]
        hint = f"A tiny {family}: first what you predict, then what you find in its cache."
        lab.equals(out, both(case, Count()), axes="2", misconceptions=known, hint=hint, **EXACT)


def both(case: Case, count: Count) -> Tensor:
    return counted([case, case], count)


@check("paged")
def pages_and_unused_slots(lab: Lab) -> None:
    cases = [draw_rows(lab) for _ in range(6)]
    out = lab.probe("pages", cases)
    expected = torch.tensor([pages(**case) for case in cases]).double()
    known = [Misconception(key, text, partial(table, cases, fn)) for key, text, fn in PAGES]
    hint = "A row each: pages, unused slots in them, unused slots if the longest is reserved."
    lab.equals(out, expected, axes="case 3", misconceptions=known, hint=hint, **EXACT)


def draw_rows(lab: Lab) -> dict[str, Any]:
    block = lab.random.choice([4, 8, 16])
    lengths = [lab.random.randint(1, 60) for _ in range(5)] + [2 * block]
    return {"lengths": torch.tensor(lengths), "block": block, "longest": lab.random.choice([64, 128])}


def table(cases: list[dict[str, Any]], fn: Callable[..., list[int]]) -> Tensor:
    return torch.tensor([fn(**case) for case in cases]).double()


@check("read-pages")
def a_row_is_read_through_its_table(lab: Lab) -> None:
    lab.fix(P=9, S=4, M=5)
    pool = lab.normal("P S H D")
    length = lab.random.choice([17, 18, 19])
    lab.fix(T=length)
    places = lab.random.sample(range(9), 5)
    while places == sorted(places):
        lab.random.shuffle(places)
    out = lab.call("read_pages", pool, torch.tensor(places), length)

    def laid_out(order: list[int]) -> Tensor:
        return torch.cat([pool.double()[page] for page in order])[:length]

    known = [
        Misconception("in-order", "the pool's first pages, whatever the table says", partial(laid_out, list(range(9)))),
        Misconception("sorted", "the row's pages in the order of the pool", partial(laid_out, sorted(places))),
    ]
    lab.equals(out, laid_out(places), axes="T H D", tolerance=0.0, misconceptions=known)


def draw_attention(lab: Lab, *, square: bool = False, scale: float = 1.5) -> tuple[Tensor, Tensor, Tensor, int]:
    """q, k, v and a size that divides neither queries nor keys."""
    lab.dims("B H D E", B=(2, 3), H=(2, 4), D=(4, 6), E=(5, 8))
    size = lab.random.choice([5, 6])
    queries, keys = (lab.random.choice([17, 19, 23]) for _ in range(2))
    lab.fix(T=queries, S=queries if square else keys)
    q, k, v = (lab.normal(axes, scale=scale) for axes in ("B H T D", "B H S D", "B H S E"))
    return q, k, v, size


def mistakes_of(known: list[tuple[str, str, Any]], *on: Any) -> list[Misconception]:
    """Each mistake on these inputs in float64."""
    exact = tuple(value.double() if isinstance(value, Tensor) else value for value in on)
    return [Misconception(key, text, partial(fn, *exact)) for key, text, fn in known]


@check("sliced")
def slices_of_queries_equal_the_whole(lab: Lab) -> None:
    q, k, v, size = draw_attention(lab)
    out = lab.call("sliced_attention", q, k, v, size)
    known = mistakes_of(SLICES, q, k, v, size)
    expected = attention(q.double(), k.double(), v.double())
    hint = f"Slices of {size} queries."
    lab.equals(out, expected, axes="B H T E", terms=TERMS, misconceptions=known, hint=hint)


def compare_chunks(lab: Lab, *, scale: float, causal: bool, terms: int = TERMS) -> None:
    q, k, v, size = draw_attention(lab, square=causal, scale=scale)
    out = lab.call("chunked_attention", q, k, v, size, causal=causal)
    known = mistakes_of(CHUNKS, q, k, v, size, causal)
    expected = attention(q.double(), k.double(), v.double(), causal)
    hint = f"Chunks of {size} keys, causal={causal}."
    lab.equals(out, expected, axes="B H T E", path="0", terms=terms, misconceptions=known, hint=hint)


@check("chunked")
def chunks_of_keys_equal_the_whole(lab: Lab) -> None:
    compare_chunks(lab, scale=1.5, causal=False)


@check("large-logits")
def the_largest_score_in_any_chunk(lab: Lab) -> None:
    compare_chunks(lab, scale=LOUD, causal=False, terms=40 * TERMS)


@check("log-sums")
def one_number_per_query(lab: Lab) -> None:
    q, k, v, size = draw_attention(lab)
    out = lab.call("chunked_attention", q, k, v, size)
    known = mistakes_of(LOG_SUMS, q, k)
    lab.equals(out, log_sums(q.double(), k.double()), axes="B H T", path="1", terms=TERMS, misconceptions=known)


@check("merge")
def two_halves_merge_into_the_whole(lab: Lab) -> None:
    q, k, v, _ = draw_attention(lab)
    cut = lab.random.randint(4, 9)
    halves = []
    for keys in (slice(0, cut), slice(cut, None)):
        part = q.double(), k[:, :, keys].double(), v[:, :, keys].double()
        halves.append((attention(*part).float(), log_sums(*part[:2]).float()))
    (out_a, lse_a), (out_b, lse_b) = halves
    judge_merge(lab, out_a, lse_a, out_b, lse_b)
    nothing = torch.zeros_like(out_a), torch.full_like(lse_a, -torch.inf)
    judge_merge(lab, *nothing, out_b, lse_b, hint="The first half holds no key: its log-sums are -inf.")
    judge_merge(lab, out_a, lse_a, *nothing, hint="The second half holds no key: its log-sums are -inf.")


def judge_merge(lab: Lab, out_a: Tensor, lse_a: Tensor, out_b: Tensor, lse_b: Tensor, hint: str = "") -> None:
    out = lab.call("merge", out_a, lse_a, out_b, lse_b)
    a, b, x, y = (tensor.double() for tensor in (out_a, out_b, lse_a[..., None], lse_b[..., None]))
    sums = x.exp(), y.exp()
    whole = (a * sums[0] + b * sums[1]) / (sums[0] + sums[1])
    known = [
        Misconception("plain-mean", "the mean of both halves", lambda: (a + b) / 2),
        Misconception("weighted-by-logarithms", "halves weighted by their log-sums", lambda: (a * x + b * y) / (x + y)),
        Misconception(
            "crossed", "each half weighted by the other's sum", lambda: (a * sums[1] + b * sums[0]) / sum(sums)
        ),
    ]
    lab.equals(out, whole, axes="B H T E", path="0", terms=TERMS, misconceptions=known, hint=hint)
    total = sum(sums).log()[..., 0]
    known = [
        Misconception("added", "the sum of both log-sums", lambda: (x + y)[..., 0]),
        Misconception("larger", "the larger log-sum", lambda: torch.maximum(x, y)[..., 0]),
    ]
    hint = f"This is the log-sum. {hint}"
    lab.equals(out, total, axes="B H T", path="1", terms=TERMS, misconceptions=known, hint=hint)


@check("causal")
def a_mask_over_chunks(lab: Lab) -> None:
    compare_chunks(lab, scale=1.5, causal=True)


@check("peak")
def no_table_of_scores_is_held(lab: Lab) -> None:
    lab.fix(B=1, H=1, T=LONG, D=WIDTH)
    q, k, v = lab.normal("B H T D", count=3)
    expected = attention(q.double(), k.double(), v.double())
    for name, wrong in (("sliced_attention", SLICES), ("chunked_attention", CHUNKS[:4])):
        out = lab.probe("long_rows", name, q, k, v, SIZE)
        known = mistakes_of(wrong, q, k, v, SIZE, *([] if wrong is SLICES else [False]))
        hint = f"This is {name} of {LONG} queries, {SIZE} at a time."
        lab.equals(out, expected, axes="B H T D", misconceptions=known, hint=hint)
        hint = f"A table of {LONG} times {LONG} scores has {LONG**2 * 4 // 2**20} MiB."
        lab.measures(f"Peak memory of {name}, in MiB", out.peak_mb, at_most=MOST, hint=hint)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("scaled_dot_product_attention", "flex_attention", "MultiheadAttention", "xformers", "flash_attn")
