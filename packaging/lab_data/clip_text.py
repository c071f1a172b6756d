"""Train the small CLIP text model of the labs of week 4, and write it with its tokenizer and prompts.

    python packaging/lab_data/clip_text.py labs/catalog/clip-router/data

Prompts are made of five modules' verbs and objects in ten templates, all written for this project. The tokenizer is a
byte-level BPE of 1,000 tokens. The model (`CLIPTextModelWithProjection`, width 64, two layers) sees templates 0 to 4 in
training and learns to put the prompts of one module together on the unit sphere; templates 5 to 9 stay unseen. About
ten seconds on one thread. Prints the SHA-256 of each file; another torch or processor may round differently, so the
digests of what is shipped stand in tests/labs/catalog/test_clip_router.py.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModelWithProjection

SEED, STEPS, ROWS, LENGTH, WIDTH, VOCABULARY = 4, 250, 64, 24, 64, 1000
TRAINED: Final = range(5)
"""Templates that the model sees."""

MODULES: Final[dict[str, tuple[list[str], list[str]]]] = {
    "draw": (
        ["draw", "paint", "sketch", "illustrate", "render", "picture", "colour", "depict"],
        [
            "a fox in the snow",
            "an old lighthouse",
            "a bowl of cherries",
            "the harbour at dusk",
            "a knight on a horse",
            "a city of glass",
            "two cats asleep",
            "a garden in spring",
            "a ship in a storm",
            "an astronaut",
        ],
    ),
    "calculate": (
        ["calculate", "compute", "add up", "work out", "solve", "evaluate", "estimate", "sum up"],
        [
            "seven times eight",
            "the square root of ninety",
            "a third of sixty",
            "the interest on a loan",
            "the area of a circle",
            "twelve percent of fifty",
            "the mean of five numbers",
            "two equations in two unknowns",
            "the volume of a cone",
            "nine to the power of four",
        ],
    ),
    "translate": (
        [
            "translate",
            "put into French",
            "say in German",
            "render in Spanish",
            "convert to Italian",
            "put into Greek",
            "say in Polish",
            "turn into Latin",
        ],
        [
            "the word for bread",
            "good morning, neighbour",
            "where is the station",
            "this love letter",
            "a proverb about rain",
            "the menu of the inn",
            "thank you very much",
            "the first verse of the song",
            "a sign at the border",
            "see you on Monday",
        ],
    ),
    "code": (
        ["write a function for", "debug", "refactor", "implement", "program", "fix", "test", "compile"],
        [
            "a linked list",
            "the login handler",
            "quicksort in Python",
            "a loop that never ends",
            "the parser for commas",
            "an off by one error",
            "the unit tests of the cart",
            "a cache with a time limit",
            "the failing import",
            "a binary search",
        ],
    ),
    "summarise": (
        ["summarise", "shorten", "condense", "outline", "give the gist of", "abridge", "recap", "boil down"],
        [
            "this article on whales",
            "the minutes of the meeting",
            "chapter four of the novel",
            "the report on traffic",
            "a long email thread",
            "the speech of the mayor",
            "the study of sleep",
            "an essay about islands",
            "the history of the bridge",
            "this podcast on soil",
        ],
    ),
}
START, END = "<|startoftext|>", "<|endoftext|>"
TEMPLATES: Final = [
    "{verb} {object}",
    "please {verb} {object}",
    "could you {verb} {object} for me?",
    "I would like you to {verb} {object}",
    "{verb} {object}, and be quick",
    "my sister asks whether you can {verb} {object}",
    "today I need somebody to {verb} {object}",
    "here is what I want: {verb} {object}",
    "if you have a minute, {verb} {object}, will you?",
    "we have to {verb} {object} before noon",
]


def prompts() -> list[dict[str, Any]]:
    """All 4,000, each with its module's number and its template's."""
    return [
        {"text": template.format(verb=verb, object=thing), "module": module, "template": at}
        for module, (verbs, things) in enumerate(MODULES.values())
        for verb in verbs
        for thing in things
        for at, template in enumerate(TEMPLATES)
    ]


def train_tokenizer(texts: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token=END))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    special = [START, END]
    letters = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=special, initial_alphabet=letters)
    )
    ends = [(token, tokenizer.token_to_id(token)) for token in special]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{START} $A {END}", special_tokens=ends)
    return tokenizer


def build(vocabulary: int) -> CLIPTextModelWithProjection:
    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=LENGTH,
        projection_dim=WIDTH,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return CLIPTextModelWithProjection(config)


def encode(tokenizer: Tokenizer, texts: list[str]) -> Tensor:
    tokenizer.enable_truncation(LENGTH)
    tokenizer.enable_padding(length=LENGTH, pad_id=1, pad_token=END)
    ids = torch.tensor([found.ids for found in tokenizer.encode_batch(texts)])
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return ids  # (N, LENGTH)


def train(ids: Tensor, modules: Tensor, vocabulary: int) -> CLIPTextModelWithProjection:
    """Cosines to five learned directions, sharpened, under a cross-entropy."""
    torch.manual_seed(SEED)
    model, directions = build(vocabulary), nn.Parameter(torch.randn(len(MODULES), WIDTH))
    optimiser = torch.optim.AdamW([*model.parameters(), directions], lr=1e-3)
    for _ in range(STEPS):
        rows = torch.randint(len(ids), (ROWS,))
        vectors = nn.functional.normalize(model(input_ids=ids[rows]).text_embeds, dim=-1)
        cosines = vectors @ nn.functional.normalize(directions, dim=-1).T
        loss = nn.functional.cross_entropy(10 * cosines, modules[rows])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # of torch
        optimiser.step()
    return model


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    rows = prompts()
    seen = [row for row in rows if row["template"] in TRAINED]
    tokenizer = train_tokenizer([row["text"] for row in rows])
    modules = torch.tensor([row["module"] for row in seen])
    model = train(encode(tokenizer, [row["text"] for row in seen]), modules, tokenizer.get_vocab_size())
    state = {name: tensor.clone() for name, tensor in model.state_dict().items() if tensor.is_floating_point()}
    save_file(state, str(folder / "clip_text.safetensors"))
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    unseen = [[row["text"], row["module"], row["template"]] for row in rows if row["template"] not in TRAINED]
    lines = ",\n".join(json.dumps(row) for row in unseen)
    (folder / "prompts.json").write_text(f'{{"modules": {json.dumps(list(MODULES))}, "prompts": [\n{lines}\n]}}\n')
    for path in sorted(folder.iterdir()):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size, path.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
