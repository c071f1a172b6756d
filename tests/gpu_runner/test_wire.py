"""Trees of tensors cross as safetensors, and nothing else comes through."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save

from gpu_runner.sandbox import memory, wire

PLAIN = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=5)
KEYS = st.text(max_size=4)
TREES = st.recursive(PLAIN, lambda t: st.lists(t, max_size=3) | st.dictionaries(KEYS, t, max_size=3), max_leaves=8)


def through(tree: object) -> Any:
    fd = wire.to_memory(tree)
    try:
        return wire.decode(fd)
    finally:
        os.close(fd)


def read(data: bytes) -> Any:
    fd = memory.sealed(data)
    try:
        return wire.decode(fd)
    finally:
        os.close(fd)


@given(TREES)
@settings(max_examples=50)
def test_plain_values_come_back_as_they_were(tree: object) -> None:
    assert through(tree) == tree


@pytest.mark.parametrize("dtype", list(wire.NAMES), ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 5), (2, 3, 4)], ids=str)
def test_tensors_come_back_bit_for_bit(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = (torch.randn(shape) * 3).to(dtype)

    back = through({"x": [tensor]})["x"][0]

    assert back.dtype == dtype
    assert torch.equal(back, tensor)


def test_strided_tied_and_expanded_tensors_are_made_contiguous() -> None:
    base = torch.randn(4, 6)
    tree = [base.mT, base[:, ::2], base[:1].expand(5, 6), base, base]

    for sent, back in zip(tree, through(tree), strict=True):
        assert torch.equal(sent, back)
        assert back.is_contiguous()


def test_what_arrives_can_be_written_to_without_changing_what_was_sent() -> None:
    sent = torch.zeros(3)
    through(sent).add_(1)
    assert torch.equal(sent, torch.zeros(3))


def test_the_safetensors_library_reads_our_frames_and_we_read_its() -> None:
    tensor = torch.randn(3, 5)
    ours = b"".join(wire.encode(tensor).chunks())
    assert torch.equal(load(ours)["0"], tensor)

    theirs = save({"0": tensor}, metadata={"tree": json.dumps(["t", 0])})
    assert torch.equal(read(theirs), tensor)


class Subclass(torch.Tensor):
    """Not exactly a tensor."""


@pytest.mark.parametrize(
    "value",
    [
        torch.nn.Parameter(torch.ones(1)),
        torch.ones(1).as_subclass(Subclass),
        torch.ones(2, 2).to_sparse(),
        torch.ones(1, device="meta"),
        {1: 2},
        {2, 3},
        object(),
        10**5000,
    ],
    ids=lambda v: type(v).__name__,
)
def test_anything_else_is_refused_with_words(value: object) -> None:
    with pytest.raises(wire.UnsendableError):
        wire.encode({"value": value})


FRAME = b"".join(wire.encode({"a": torch.randn(3), "b": [1, torch.ones(2, dtype=torch.int64)]}).chunks())


@given(st.integers(0, len(FRAME) - 1), st.integers(0, 255))
@settings(max_examples=300)
def test_a_damaged_frame_is_read_or_refused_but_never_crashes(position: int, byte: int) -> None:
    damaged = bytearray(FRAME)
    damaged[position] = byte
    with contextlib.suppress(wire.MalformedError):
        read(bytes(damaged))


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(wire.MalformedError):
        read(noise)


def test_a_byte_that_is_neither_true_nor_false_becomes_true() -> None:
    data = bytearray(b"".join(wire.encode(torch.tensor([False])).chunks()))
    data[-1] = 77
    assert read(bytes(data)).view(torch.uint8).item() == 1


def test_a_result_larger_than_its_space_says_how_large() -> None:
    fd = memory.capped(1000)
    with pytest.raises(wire.TooLargeError, match="1000 are allowed"):
        wire.write_mapped(wire.encode(torch.zeros(1000)), fd)
    os.close(fd)


def test_a_capped_memory_file_cannot_grow() -> None:
    fd = memory.capped(1000)
    with pytest.raises(PermissionError):
        os.ftruncate(fd, 2000)
    os.close(fd)
