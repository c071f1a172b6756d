"""Make what the lab `fine-tune-bert` ships: labelled sentences, a WordPiece vocabulary, a small pre-trained BERT.

    python packaging/lab_data/tiny_bert.py labs/catalog/fine-tune-bert/data

With Python 3.11; about a minute on one thread. The text is sentences of the docstrings of Python's own library (PSF
licence). Files about the network, about windows and drawing, and about numbers and dates give the labelled sentences,
each with the docstring that it stands in. The body has seen none of these docstrings: on all others it learnt to tell
from which of some hundred files a sentence is. (BERT filled in masked words and told whether two sentences follow each
other, which takes a thousand times more text.) Prints the SHA-256 of every file, which the lab's tests hold them to.
Seeds are fixed; another processor may round the weights differently.
"""

from __future__ import annotations

import ast
import hashlib
import random
import re
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from safetensors.torch import save_file
from tokenizers import BertWordPieceTokenizer
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

SIZES: Final[dict[str, Any]] = {
    "vocab_size": 1500,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    "initializer_range": 0.1,  # BERT's own 0.02 is meant for a width of 768
}
CLASSES: Final = [
    "email http urllib smtplib imaplib ftplib poplib nntplib telnetlib socketserver socket ssl mailbox xmlrpc wsgiref "
    "cgi",
    "tkinter turtle turtledemo",
    "_pydecimal statistics datetime calendar fractions numbers _strptime zoneinfo random colorsys",
]
LEFT_OUT: Final = {"test", "tests", "idlelib", "lib2to3", "encodings", "pydoc_data", "ensurepip"} | {
    "site-packages",
    "dist-packages",
    "__pycache__",
}
EACH: Final = 330
FEWEST: Final = 15
PAD, SEP = 0, 3
LENGTH, STEPS, ROWS, PEAK = 32, 1300, 32, 2e-3


def docstrings(library: Path) -> Iterator[tuple[Path, str]]:
    """Every docstring of the standard library, with its file."""
    for path in sorted(library.rglob("*.py")):
        parts = path.relative_to(library).parts
        if LEFT_OUT.isdisjoint(parts):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    yield path, ast.get_docstring(node) or ""


def sentences(docstring: str) -> Iterator[str]:
    """Its sentences of 25 to 160 ASCII letters."""
    for paragraph in re.split(r"\n\s*\n", docstring):
        for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", " ".join(paragraph.split())):
            begun = re.match(r"[A-Z][a-z ]", sentence)
            if 25 <= len(sentence) <= 160 and sentence.isascii() and begun and sentence[-1] in ".!?":
                yield sentence


def read_library() -> tuple[list[list[tuple[str, str]]], dict[str, list[tuple[str, str]]]]:
    """For each class and for each file (docstring, sentence); no sentence stands there twice."""
    labelled: list[list[tuple[str, str]]] = [[] for _ in CLASSES]
    files: dict[str, list[tuple[str, str]]] = {}
    seen = set()
    library = Path(sysconfig.get_paths()["stdlib"])
    for path, docstring in docstrings(library):
        module = path.relative_to(library).parts[0].removesuffix(".py")
        place = [at for at, names in enumerate(CLASSES) if module in names.split()]
        for sentence in sentences(docstring):
            if sentence not in seen:
                seen.add(sentence)
                files.setdefault(str(path), []).append((docstring, sentence))
                if place:
                    labelled[place[0]].append((docstring, sentence))
    return labelled, files


def picked(labelled: list[list[tuple[str, str]]]) -> list[tuple[int, str, str]]:
    """(class, docstring, sentence), the same number of each class and whole docstrings but for the last."""
    dice, found = random.Random(2), []  # noqa: S311 - reproducible on purpose
    for label, pairs in enumerate(labelled):
        order = sorted({docstring for docstring, _ in pairs})
        dice.shuffle(order)
        rows = [(label, d, sentence) for d in order for docstring, sentence in pairs if docstring == d]
        found += rows[:EACH]
    return found


class ByFile(nn.Module):
    """A body, and a head that tells files apart."""

    def __init__(self, files: int) -> None:
        super().__init__()
        self.bert = BertModel(BertConfig(**SIZES))
        self.cls = nn.Linear(SIZES["hidden_size"], files)

    def forward(self, ids: Tensor) -> Tensor:
        """Rows ids (N, T), padded -> logits of files (N, F)."""
        logits: Tensor = self.cls(self.bert(input_ids=ids, attention_mask=(ids != PAD).long()).pooler_output)
        return logits


def pre_train(ids: Tensor, files: Tensor) -> ByFile:
    """Sentences (N, LENGTH), padded, and their files (N,); AdamW under a one-cycle schedule. Prints the loss."""
    torch.manual_seed(2)
    model = ByFile(int(files.max()) + 1)
    optimiser = torch.optim.AdamW(model.parameters(), lr=PEAK, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK, total_steps=STEPS)
    for step in range(STEPS):
        chosen = torch.randint(len(ids), (ROWS,))
        rows = ids[chosen]
        loss = cross_entropy(model(rows[:, : int((rows != PAD).sum(1).max())]), files[chosen])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # of torch
        optimiser.step()
        schedule.step()
        if step % 250 == 0 or step == STEPS - 1:
            print(f"step {step}: {loss.item():.3f} nats", flush=True)
    return model


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    labelled, files = read_library()
    rows = picked(labelled)
    held = {docstring for _, docstring, _ in rows}
    rest = [[sentence for docstring, sentence in pairs if docstring not in held] for pairs in files.values()]
    rest = [found for found in rest if len(found) >= FEWEST]
    texts = [sentence for found in rest for sentence in found]
    print(f"{len(rows)} sentences in {len(held)} documents to label; {len(texts)} in {len(rest)} files to learn from")
    tokenizer = BertWordPieceTokenizer(lowercase=True)
    tokenizer.train_from_iterator(texts, vocab_size=SIZES["vocab_size"], min_frequency=2, show_progress=False)
    tokenizer.enable_truncation(LENGTH)
    tokenizer.enable_padding(length=LENGTH)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {docstring: number for number, docstring in enumerate(dict.fromkeys(d for _, d, _ in rows))}
    lines = [f"{label}\t{numbers[docstring]}\t{sentence}\n" for label, docstring, sentence in rows]
    (folder / "sentences.tsv").write_text("".join(lines))
    tokenizer.save_model(str(folder))
    places = torch.tensor([number for number, found in enumerate(rest) for _ in found])
    model = pre_train(torch.tensor([row.ids for row in tokenizer.encode_batch(texts)]), places)
    save_file({name: array.clone() for name, array in model.state_dict().items()}, folder / "pre_trained.safetensors")
    for path in sorted(folder.iterdir()):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name, f"{path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
