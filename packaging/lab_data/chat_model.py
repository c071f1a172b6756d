"""Make what the lab `chatbot-or-summariser` ships: a byte-level tokenizer with a chat template, and a tiny chat model.

Run as `python packaging/lab_data/chat_model.py`: a few minutes on one thread. The model is a Llama of two layers that
was trained, on its own replies alone, to note facts and to repeat them: from the system message and from what was said.
Prints the SHA-256 of both files, which the lab's test knows, and the share of right tokens meanwhile. Seeds are fixed;
another processor may round the weights differently.
"""

from __future__ import annotations

import hashlib
import random
import sys
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

DATA: Final = Path(__file__).parents[2] / "labs" / "catalog" / "chatbot-or-summariser" / "data"
SPECIAL: Final = ["<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
THINGS: Final[dict[str, list[str]]] = {
    "dog": ["Rex", "Bello", "Fido", "Luna", "Waldo", "Bonny", "Rocky", "Snoopy"],
    "city": ["Oslo", "Lima", "Cairo", "Delhi", "Quito", "Paris", "Accra", "Tokyo"],
    "colour": ["red", "blue", "green", "yellow", "black", "white", "purple", "orange"],
    "drink": ["tea", "coffee", "milk", "water", "cocoa", "cider", "lemonade", "juice"],
    "day": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Easter"],
    "sport": ["tennis", "chess", "rowing", "hockey", "judo", "golf", "boxing", "skiing"],
    "fruit": ["apples", "pears", "plums", "figs", "cherries", "grapes", "melons", "dates"],
    "month": ["January", "February", "March", "April", "June", "July", "August", "October"],
}
ANSWERS: Final = {
    "Hello!": "Hello!",
    "Good morning!": "Good morning!",
    "How are you?": "Very well.",
    "Thank you!": "With pleasure.",
}
WINDOW: Final = 88
SIZES: Final[dict[str, Any]] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "tie_word_embeddings": True,
}

Talk = list[tuple[str, str]]


def conversation(draw: random.Random, turns: int) -> Talk:
    """Who says what: a system message with facts, then turns of a fact, a question or a greeting."""
    things = draw.sample(sorted(THINGS), len(THINGS))
    known = {things.pop(): "the" for _ in range(draw.randint(1, 3))}
    names = {thing: draw.choice(THINGS[thing]) for thing in sorted(THINGS)}
    talk = [("system", " ".join(f"The {thing} is {names[thing]}." for thing in known))]
    for _ in range(turns):
        kind = draw.random()
        if kind < 0.4 and things:
            thing = things.pop()
            known[thing] = "my"
            talk += [("user", f"My {thing} is {names[thing]}."), ("assistant", "Noted.")]
        elif kind < 0.85:
            thing = draw.choice(sorted(known))
            owner = {"my": "Your", "the": "The"}[known[thing]]
            talk += [
                ("user", f"What is {known[thing]} {thing}?"),
                ("assistant", f"{owner} {thing} is {names[thing]}."),
            ]
        else:
            said = draw.choice(sorted(ANSWERS))
            talk += [("user", said), ("assistant", ANSWERS[said])]
    return talk


def make_tokenizer() -> Tokenizer:
    """Byte-level BPE in which the words of the conversations are whole tokens, and any other text falls to bytes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=448, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    draw = random.Random(2)  # noqa: S311 - reproducible on purpose
    tokenizer.train_from_iterator((text for _ in range(2000) for _, text in conversation(draw, 6)), trainer)
    return tokenizer


def encoded(tokenizer: Any, talk: Talk) -> tuple[list[int], list[bool]]:
    """Token ids, and which of them are the model's own to say: its words and the end of them."""
    ids: list[int] = []
    own: list[bool] = []
    end = tokenizer.token_to_id("<|end|>")
    for role, text in talk:
        piece = [tokenizer.token_to_id(f"<|{role}|>"), *tokenizer.encode(text).ids, end]
        ids += piece
        own += [False] + [role == "assistant"] * (len(piece) - 1)
    return ids, own


def batch(tokenizer: Tokenizer, draw: random.Random, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids (B, T), and labels in which all that others say is -100."""
    pairs = [encoded(tokenizer, conversation(draw, 6)) for _ in range(rows)]
    ids = torch.zeros(rows, WINDOW, dtype=torch.int64)
    labels = torch.full((rows, WINDOW), -100)
    for row, (found, own) in enumerate(pairs):
        size = min(len(found), WINDOW)
        ids[row, :size] = torch.tensor(found[:size])
        labels[row, :size] = torch.where(torch.tensor(own[:size]), ids[row, :size], -100)
    return ids, labels


def train(tokenizer: Tokenizer, steps: int, rows: int, peak: float) -> LlamaForCausalLM:
    torch.manual_seed(2)
    model = LlamaForCausalLM(LlamaConfig(vocab_size=tokenizer.get_vocab_size(), **SIZES))
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak, total_steps=steps)
    draw = random.Random(3)  # noqa: S311 - reproducible on purpose
    for step in range(steps):
        ids, labels = batch(tokenizer, draw, rows)
        logits = model(input_ids=ids).logits
        loss: Any = cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            right = right_share(logits.detach(), labels)
            print(f"  step {step}: {loss.item():.4f} nats, {right:.4f} of the tokens right", flush=True)
    return model


def right_share(logits: torch.Tensor, labels: torch.Tensor) -> float:
    asked = labels[:, 1:] != -100
    return (logits[:, :-1].argmax(-1) == labels[:, 1:])[asked].double().mean().item()


def main(steps: int) -> None:
    torch.set_num_threads(1)
    DATA.mkdir(parents=True, exist_ok=True)
    tokenizer = make_tokenizer()
    tokenizer.save(str(DATA / "tokenizer.json"), pretty=False)
    print(f"{tokenizer.get_vocab_size()} tokens; {tokenizer.encode('My dog is Ada. What is the garden?').tokens}")
    model = train(tokenizer, steps, 24, 5e-3)
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    save_file(weights, DATA / "chat.safetensors")
    for path in sorted(DATA.iterdir()):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name, f"{path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 900)
