"""Bytes of a KV cache, and attention in slices. Fill in the seven functions; the README says how."""

from typing import Any

from torch import Tensor


def kv_bytes(config: dict[str, Any], batch: int, tokens: int, value_bytes: int = 2) -> int:
    """How many bytes a cache holds after `tokens` tokens of `batch` rows."""
    raise NotImplementedError("TODO 1: keys and values of every layer, key head and token")


def cache_bytes(cache: Any) -> int:
    """How many bytes the tensors of a transformers cache hold: cache.layers, each with keys and values."""
    raise NotImplementedError("TODO 2: numel() times element_size() of every tensor")


def paged(lengths: Tensor, block: int, longest: int) -> tuple[int, int, int]:
    """Rows of these lengths: pages needed, unused slots in them, unused slots if each row reserves `longest`."""
    raise NotImplementedError("TODO 3: each row is rounded up to whole pages by itself")


def read_pages(pool: Tensor, table: Tensor, length: int) -> Tensor:
    """A pool of pages (P, S, H, D), a row's table (M,) -> its first `length` entries (length, H, D)."""
    raise NotImplementedError("TODO 4: index the pool with the table")


def sliced_attention(q: Tensor, k: Tensor, v: Tensor, size: int) -> Tensor:
    """q (B, H, T, D), k (B, H, S, D), v (B, H, S, E) -> (B, H, T, E), `size` queries at a time."""
    raise NotImplementedError("TODO 5: a loop over slices of the queries")


def merge(out_a: Tensor, lse_a: Tensor, out_b: Tensor, lse_b: Tensor) -> tuple[Tensor, Tensor]:
    """Two partial answers (B, H, T, E) with their log-sums (B, H, T) -> the answer over both, and its log-sum."""
    raise NotImplementedError("TODO 6: weigh each by its share of all exponentials")


def chunked_attention(q: Tensor, k: Tensor, v: Tensor, size: int, causal: bool = False) -> tuple[Tensor, Tensor]:
    """The answer (B, H, T, E) and its log-sums (B, H, T), `size` keys at a time."""
    raise NotImplementedError("TODO 7: one partial answer for each chunk of keys, merged as it comes")
