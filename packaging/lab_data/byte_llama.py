"""Make what the labs `lora-router` and `switch-adapters` ship: text, a byte-level Llama; for the first, LoRA adapters.

Run as `python packaging/lab_data/byte_llama.py base`, then with `adapters`: some ten seconds each on one thread, with
Python 3.11. The text is sentences of the docstrings of Python's own library (PSF licence), in two parts: base and
adapters are trained on the first, which is not shipped, and the second is what the labs draw from. Prints the SHA-256
of every file, which the labs' tests hold them to. Seeds are fixed; another processor may round the weights differently.
"""

from __future__ import annotations

import ast
import codecs
import hashlib
import random
import re
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

CATALOG: Final = Path(__file__).parents[2] / "labs" / "catalog"
LABS: Final = ("lora-router", "switch-adapters")
SIZES: Final[dict[str, Any]] = {
    "vocab_size": 256,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}
LINEAR: Final = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
BASE_BYTES: Final = 150_000
SHIPPED_BYTES: Final = 90_000
WINDOW: Final = 64
RANK: Final = 8
DIALECTS: Final[dict[str, Callable[[str], str]]] = {
    "upper": str.upper,
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "snake": lambda text: re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_"),
}


def docstrings() -> Iterator[str]:
    """Of every module, class and function of Python's library, in the order of the files' names."""
    root = Path(sysconfig.get_paths()["stdlib"])
    left_out = {"site-packages", "test", "tests", "idlelib", "lib2to3", "encodings", "dist-packages"}
    for path in sorted(root.rglob("*.py")):
        if left_out.isdisjoint(path.relative_to(root).parts):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                    yield ast.get_docstring(node) or ""


def sentences() -> list[str]:
    """Plain English ones of 30 to 160 ASCII characters, none twice, in a drawn order."""
    found = []
    for text in docstrings():
        for piece in re.split(r"(?<=\.)\s+|\n\s*\n", text):
            line = " ".join(piece.split())
            if re.fullmatch(r"[A-Z][A-Za-z0-9 ,'()-]{28,158}\.", line) and line.count(" ") >= 4:
                found.append(line)
    lines = sorted(set(found))
    random.Random(12).shuffle(lines)  # noqa: S311 - reproducible on purpose
    return lines


def windows(lines: list[str]) -> Tensor:
    """Lines joined and cut into rows of bytes, (N, WINDOW)."""
    text = torch.tensor(list("\n".join(lines).encode()))
    return text[: len(text) // WINDOW * WINDOW].view(-1, WINDOW)


def train(model: Any, rows: Tensor, steps: int, batch: int, lr: float, seed: int) -> None:
    """AdamW under a one-cycle schedule; prints the loss now and then."""
    torch.manual_seed(seed)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=lr, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, total_steps=steps)
    for step in range(steps):
        ids = rows[torch.randint(len(rows), (batch,))]
        loss = model(input_ids=ids, labels=ids).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            print(f"  step {step}: {loss.item():.3f} nats")


def train_base(rows: Tensor) -> LlamaForCausalLM:
    torch.manual_seed(12)
    model = LlamaForCausalLM(LlamaConfig(**SIZES, tie_word_embeddings=False))
    train(model, rows, steps=400, batch=24, lr=4e-3, seed=12)
    return model


def train_adapter(weights: dict[str, Tensor], lines: list[str], seed: int) -> dict[str, Tensor]:
    """One dialect's adapter, in the form and with the names of peft's files."""
    base = LlamaForCausalLM(LlamaConfig(**SIZES, tie_word_embeddings=False))
    base.load_state_dict(weights)
    torch.manual_seed(seed)
    model = get_peft_model(base, LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=LINEAR))
    train(model, windows(lines), steps=120, batch=24, lr=8e-3, seed=seed)
    return {name: tensor.detach().clone() for name, tensor in get_peft_model_state_dict(model).items()}


def shipped(weights: dict[str, Tensor], first: int, last: int, lines: list[str]) -> None:
    """The same text and base into both labs: a lab is complete in its own folder."""
    for lab in LABS:
        data = CATALOG / lab / "data"
        data.mkdir(parents=True, exist_ok=True)
        (data / "sentences.txt").write_text("\n".join(lines[first:last]) + "\n")
        save_file(weights, data / "base.safetensors")
        say_digests(data)


def say_digests(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        print(
            hashlib.sha256(path.read_bytes()).hexdigest(), path.relative_to(CATALOG), f"{path.stat().st_size:,} bytes"
        )


def main(stage: str) -> None:
    torch.set_num_threads(1)
    lines = sentences()
    sizes = torch.tensor([len(line) + 1 for line in lines]).cumsum(0)
    first, last = (int((sizes < end).sum()) for end in (BASE_BYTES, BASE_BYTES + SHIPPED_BYTES))
    print(f"{len(lines)} sentences, {int(sizes[-1]):,} bytes; {first} for the base, {last - first} shipped")
    data = CATALOG / "lora-router" / "data"
    if stage == "base":
        weights = {name: tensor.clone() for name, tensor in train_base(windows(lines[:first])).state_dict().items()}
        shipped(weights, first, last, lines)
        return
    weights = load_file(data / "base.safetensors")
    for seed, (name, spell) in enumerate(DIALECTS.items()):
        print(name)
        save_file(train_adapter(weights, [spell(line) for line in lines[:first]], seed), data / f"{name}.safetensors")
    say_digests(data)


if __name__ == "__main__":
    main(sys.argv[1])
