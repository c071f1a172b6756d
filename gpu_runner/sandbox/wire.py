"""Trees of tensors and plain values as one safetensors file; nothing that arrives can run code.

The tree itself is JSON in the file's metadata. Nodes: plain values as they are, `["t", i]` tensor i, `["l", …]` list,
`["d", {…}]` dict. Reading trusts nothing: sizes, offsets, names and depths are all checked before memory is touched.
"""

from __future__ import annotations

import json
import math
import mmap
import os
from dataclasses import dataclass
from typing import Any, Final

import torch

from gpu_runner.sandbox import memory

DTYPES: Final = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "C64": torch.complex64,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
NAMES: Final = {dtype: name for name, dtype in DTYPES.items()}
MAX_HEADER: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 16
MAX_NODES: Final = 100_000


class UnsendableError(TypeError):
    """A value that cannot cross; the message says which and why."""


class TooLargeError(ValueError):
    """The encoded tree is larger than the space for it."""

    def __init__(self, needed: int, space: int) -> None:
        super().__init__(f"the result takes {needed} bytes and {space} are allowed")
        self.needed = needed


class MalformedError(ValueError):
    """Bytes that are not what `encode` writes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An encoded tree: the header and the tensors that follow it, contiguous and in order."""

    header: bytes
    tensors: list[torch.Tensor]

    @property
    def size(self) -> int:
        return len(self.header) + sum(t.numel() * t.element_size() for t in self.tensors)

    def chunks(self) -> list[memoryview]:
        flat = [t.reshape(-1).view(torch.uint8) for t in self.tensors if t.numel()]
        return [memoryview(self.header), *(t.numpy().data for t in flat)]


def encode(tree: object) -> Frame:
    """Describe `tree` as a frame. Raises UnsendableError."""
    tensors: list[torch.Tensor] = []
    budget = [MAX_NODES]
    shape = _describe(tree, tensors, budget, "result", 0)
    entries: dict[str, Any] = {}
    offset = 0
    for index, tensor in enumerate(tensors):
        end = offset + tensor.numel() * tensor.element_size()
        entry = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, end]}
        entries[str(index)] = entry
        offset = end
    try:
        plain = json.dumps(shape)
    except ValueError as error:
        raise UnsendableError(f"a value in the result cannot be written as JSON: {error}") from error
    text = json.dumps({"__metadata__": {"tree": plain}, **entries}).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > MAX_HEADER:
        raise UnsendableError(
            f"the plain values of the result take {len(text)} bytes; at most {MAX_HEADER} are allowed"
        )
    return Frame(len(text).to_bytes(8, "little") + text, tensors)


def _describe(node: object, tensors: list[torch.Tensor], budget: list[int], path: str, depth: int) -> object:
    budget[0] -= 1
    if depth > MAX_DEPTH or budget[0] < 0:
        raise UnsendableError(f"{path} is nested deeper than {MAX_DEPTH} or has more than {MAX_NODES} values")
    kind = type(node)
    if node is None or kind in (bool, int, float, str):
        return node
    if kind is torch.Tensor:
        tensors.append(_sendable(node, path))  # type: ignore[arg-type]  # `type is` narrows nothing for mypy
        return ["t", len(tensors) - 1]
    if kind in (list, tuple):
        items = [_describe(item, tensors, budget, f"{path}[{i}]", depth + 1) for i, item in enumerate(node)]  # type: ignore[arg-type, var-annotated]  # as above
        return ["l", *items]
    if kind is dict:
        return ["d", {_key(k, path): _describe(v, tensors, budget, f"{path}/{k}", depth + 1) for k, v in node.items()}]  # type: ignore[attr-defined]  # as above
    raise UnsendableError(
        f"{path} is a {kind.__name__}; expected a torch.Tensor (exactly), a plain value, list or dict"
    )


def _key(key: object, path: str) -> str:
    if type(key) is not str:
        raise UnsendableError(f"{path} has a key of type {type(key).__name__}; keys must be str")
    return key


def _sendable(tensor: torch.Tensor, path: str) -> torch.Tensor:
    if tensor.layout != torch.strided or tensor.is_quantized:
        raise UnsendableError(f"{path} is a {tensor.layout} tensor; return a dense one")
    if tensor.device.type != "cpu":
        raise UnsendableError(f"{path} is on {tensor.device}; return a tensor on the CPU")
    if tensor.dtype not in NAMES:
        raise UnsendableError(f"{path} has dtype {tensor.dtype}, which cannot be sent")
    return tensor.detach().resolve_conj().resolve_neg().contiguous()


def write_mapped(frame: Frame, fd: int) -> None:
    """Write into a capped memory file through a mapping (a file-size limit does not see it) and cut it to size."""
    space = os.fstat(fd).st_size
    if frame.size > space:
        raise TooLargeError(frame.size, space)
    with mmap.mmap(fd, frame.size) as target:
        position = 0
        for chunk in frame.chunks():
            target[position : position + chunk.nbytes] = chunk
            position += chunk.nbytes
    os.ftruncate(fd, frame.size)


def to_memory(tree: object) -> int:
    """A sealed memory file holding `tree`."""
    fd = memory.create("tree")
    for chunk in encode(tree).chunks():
        memory.write_all(fd, chunk)
    memory.seal(fd)
    return fd


def decode(fd: int) -> object:
    """Read a tree; its tensors live in a private copy-on-write mapping. Raises MalformedError."""
    size = os.fstat(fd).st_size
    if size < 8:
        raise MalformedError("there is no result")
    mapped = mmap.mmap(fd, size, access=mmap.ACCESS_COPY)
    length = int.from_bytes(mapped[:8], "little")
    if length > min(MAX_HEADER, size - 8):
        raise MalformedError("the result's header has an impossible length")
    try:
        header = json.loads(mapped[8 : 8 + length])
        tree = json.loads(header.pop("__metadata__")["tree"])
        tensors = [_tensor(header[str(i)], mapped, 8 + length) for i in range(len(header))]
        return _rebuild(tree, tensors, 0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, RuntimeError) as error:
        raise MalformedError(f"the result cannot be read: {type(error).__name__}") from error


def _tensor(entry: dict[str, Any], mapped: mmap.mmap, base: int) -> torch.Tensor:
    dtype, shape, (start, end) = DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]
    if any(type(n) is not int or n < 0 for n in (*shape, start, end)) or len(shape) > 32:
        raise MalformedError("a tensor has an impossible shape")
    count = math.prod(shape)
    if end - start != count * dtype.itemsize or base + end > len(mapped):
        raise MalformedError("a tensor's size does not match its shape")
    if count == 0:
        return torch.empty(shape, dtype=dtype)
    if dtype is torch.bool:  # a byte that is neither 0 nor 1 would make a bool that is neither
        return torch.frombuffer(mapped, dtype=torch.uint8, count=count, offset=base + start).ne(0).reshape(shape)
    return torch.frombuffer(mapped, dtype=dtype, count=count, offset=base + start).reshape(shape)


def _rebuild(node: object, tensors: list[torch.Tensor], depth: int) -> object:
    if depth > MAX_DEPTH:
        raise MalformedError("the result is nested too deeply")
    if not isinstance(node, list):
        if isinstance(node, dict):
            raise MalformedError("the result's tree has an untagged dict")
        return node
    tag, *rest = node
    if tag == "t":
        return tensors[_index(rest[0])]
    if tag == "l":
        return [_rebuild(item, tensors, depth + 1) for item in rest]
    if tag == "d":
        return {key: _rebuild(value, tensors, depth + 1) for key, value in rest[0].items()}
    raise MalformedError("the result's tree has an unknown tag")


def _index(value: object) -> int:
    if type(value) is not int or value < 0:
        raise MalformedError("the result's tree names an impossible tensor")
    return value
