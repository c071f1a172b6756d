"""Conversations and models, drawn so that mistakes show."""

from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor

from gpu_runner.checking import Lab
from reference import HEADS, KV_HEADS, Bot, Message, Weights, Words, greedy

THINGS = {
    "dog": ["Rex", "Bello", "Fido", "Luna", "Waldo", "Bonny", "Rocky", "Snoopy"],
    "city": ["Oslo", "Lima", "Cairo", "Delhi", "Quito", "Paris", "Accra", "Tokyo"],
    "colour": ["red", "blue", "green", "yellow", "black", "white", "purple", "orange"],
    "drink": ["tea", "coffee", "milk", "water", "cocoa", "cider", "lemonade", "juice"],
    "day": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Easter"],
    "sport": ["tennis", "chess", "rowing", "hockey", "judo", "golf", "boxing", "skiing"],
    "fruit": ["apples", "pears", "plums", "figs", "cherries", "grapes", "melons", "dates"],
    "month": ["January", "February", "March", "April", "June", "July", "August", "October"],
}
GREETINGS = ["Hello!", "Good morning!", "How are you?", "Thank you!"]
BUDGET, LONGEST = 80, 12
LEAD = 1e-3
"""Float32 moves a logit by some 1e-5: with this lead every honest way chooses the same token."""


def words_of(lab: Lab) -> Words:
    return Words(lab.data("data/tokenizer.json"))


def file_of(words: Words) -> Tensor:
    return torch.frombuffer(bytearray(words.file), dtype=torch.uint8)


def facts(lab: Lab) -> list[tuple[str, str]]:
    """Things in a drawn order, each with a name."""
    return [(thing, lab.random.choice(THINGS[thing])) for thing in lab.random.sample(sorted(THINGS), len(THINGS))]


def talk(lab: Lab, turns: int) -> list[Message]:
    """A system message and turns of a user and an assistant, the last one unanswered; no two messages are alike."""
    found = facts(lab)
    (thing, name), *others = found
    messages = [{"role": "system", "content": f"The {thing} is {name}."}]
    for thing, name in others[:turns]:
        messages.append({"role": "user", "content": f"My {thing} is {name}."})
        messages.append({"role": "assistant", "content": f"Noted, {name}."})
    return messages[:-1]


def sizes(width: int, inner: int, tied: bool) -> dict[str, Any]:
    return {
        "vocab_size": 448,
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": 2,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "max_position_embeddings": 256,
        "tie_word_embeddings": tied,
    }


def draw_weights(lab: Lab, words: Words) -> Weights:
    """Of a Llama that is sure of nothing and says only ASCII."""
    axes = {"q_proj": "D D", "k_proj": "W D", "v_proj": "W D", "o_proj": "D D"}
    axes = {f"self_attn.{name}": both for name, both in axes.items()}
    axes |= {"mlp.gate_proj": "F D", "mlp.up_proj": "F D", "mlp.down_proj": "D F"}
    lab.fix(D=32, W=16, F=48)
    weights = {}
    for at in ("model.layers.0", "model.layers.1"):
        for name, both in axes.items():
            weights[f"{at}.{name}.weight"] = lab.normal(both, scale=1.5 * lab.size(both[-1]) ** -0.5)
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights[f"{at}.{name}.weight"] = 1 + lab.normal("D", scale=0.3)
    weights["model.embed_tokens.weight"] = lab.normal("448 D")
    weights["model.norm.weight"] = 1 + lab.normal("D", scale=0.3)
    head = lab.normal("448 D", scale=0.5)
    said = torch.tensor([bool(found) and found.isascii() and found.decode().isprintable() for found in words.bytes_of])
    return {**weights, "lm_head.weight": head * said[:, None]}


def exact(weights: Weights) -> Weights:
    return {name: array.double() for name, array in weights.items()}


@dataclass(frozen=True)
class Case:
    """A model, a conversation, and how much of it fits."""

    weights: Weights
    messages: list[Message]
    bot: Bot

    def made(self) -> dict[str, Any]:
        return {
            "config": sizes(32, 48, tied=False),
            "weights": self.weights,
            "budget": self.bot.budget,
            "longest": self.bot.longest,
        }


def draw_case(lab: Lab) -> Case:
    """A reply that ends by the end token, after some others; the first turn does not fit."""
    words = words_of(lab)
    messages = talk(lab, 4)
    short = [messages[0], *messages[3:]]
    budget = len(words.prompt(short)) + lab.random.randint(0, 3)
    weights = draw_weights(lab, words)
    new, _ = greedy(exact(weights), words.prompt(short), LONGEST, None)
    places = [at for at in range(3, 9) if new[at] not in new[:at]]
    if places:  # the token that would come there gives its place to the end
        at, head = lab.random.choice(places), weights["lm_head.weight"].clone()
        head[[words.end, new[at]]] = head[[new[at], words.end]]
        weights = {**weights, "lm_head.weight": head}
    return Case(weights, messages, Bot(words, exact(weights), budget, LONGEST))


def world(lab: Lab, turns: int) -> tuple[dict[str, Any], list[str | None]]:
    """A conversation's lines, and the right answer to each that is a question of something still in the window."""
    things = facts(lab)
    names = dict(things)
    house = [thing for thing, _ in things[:2]]
    fresh = [thing for thing, _ in things[2:]]
    system = " ".join(f"The {thing} is {names[thing]}." for thing in house)
    told: list[str] = []
    lines: list[str] = []
    answers: list[str | None] = []
    for turn in range(turns):
        if turn % 2 == 0 and fresh:
            told.append(fresh.pop())
            lines.append(f"My {told[-1]} is {names[told[-1]]}.")
            answers.append(None)
        elif turn % 4 == 3:
            thing = lab.random.choice(house)
            lines.append(f"What is the {thing}?")
            answers.append(f"The {thing} is {names[thing]}.")
        else:
            thing = lab.random.choice(told[-2:])
            lines.append(f"What is my {thing}?")
            answers.append(f"Your {thing} is {names[thing]}.")
    return {"system": system, "lines": lines}, answers


def shipped(lab: Lab) -> Weights:
    return load(lab.data("data/chat.safetensors"))
