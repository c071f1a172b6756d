"""The chatbot as formulas: template, window, bytes of tokens, and a Llama that decodes greedily, in float64."""

import math
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import silu

Weights = dict[str, Tensor]
Message = dict[str, str]
SPECIAL = ["<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
EPS, THETA = 1e-6, 10_000.0
HEADS, KV_HEADS = 4, 2


@dataclass(frozen=True)
class Way:
    """Each field is something that people get wrong."""

    opens: bool = True  # the assistant's turn is begun
    cleaning: int = 99  # how often special tokens are taken out of what was said
    marks: bool = True  # roles are special tokens, and not words with a colon
    ends: bool = True  # every message is closed
    keeps_system: bool = True
    whole_turns: bool = True
    newest: bool = True
    skips: bool = False  # a turn that is too long is left out, and older ones are kept
    counts_opening: bool = True
    strict: bool = False  # the budget itself is too much
    cuts: bool = True  # the window is used at all
    last_alone: bool = False  # of the conversation only what was said last
    roles: tuple[str, ...] = ("system", "user", "assistant")  # whose messages are remembered
    stops: bool = True  # at the end token
    echoes: bool = False  # the prompt comes back with the reply


RIGHT = Way()


def cleaned(text: str, times: int) -> str:
    pattern = "|".join(map(re.escape, SPECIAL))
    for _ in range(times):
        shorter = re.sub(pattern, "", text)
        if shorter == text:
            break
        text = shorter
    return text


@dataclass(frozen=True)
class Words:
    """A byte-level tokenizer: what the file says, with bytes and templates done by hand."""

    file: bytes

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer.from_str(self.file.decode())

    @cached_property
    def bytes_of(self) -> list[bytes]:
        """Of every token; of special ones none."""
        plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
        others = [byte for byte in range(256) if byte not in plain]
        table = {chr(byte): byte for byte in plain} | {chr(256 + at): byte for at, byte in enumerate(others)}
        found = [b""] * self.tokenizer.get_vocab_size()
        for token, at in self.tokenizer.get_vocab().items():
            if token not in SPECIAL:
                found[at] = bytes(table[letter] for letter in token)
        return found

    @cached_property
    def end(self) -> int:
        return int(self.tokenizer.token_to_id("<|end|>"))

    def encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: list[int]) -> str:
        return b"".join(self.bytes_of[at] for at in ids).decode(errors="replace")

    def prompt(self, messages: list[Message], way: Way = RIGHT) -> list[int]:
        ids: list[int] = []
        for message in messages:
            text = cleaned(message["content"], way.cleaning)
            if way.marks:
                ids += self.encode(f"<|{message['role']}|>") + self.encode(text) + [self.end] * way.ends
            else:
                ids += self.encode(f"{message['role']}: {text}\n")
        opening = "<|assistant|>" if way.marks else "assistant: "
        return ids + self.encode(opening) * way.opens

    def fits(self, messages: list[Message], budget: int, way: Way) -> bool:
        size = len(self.prompt(messages)) - (not way.counts_opening)
        return size < budget if way.strict else size <= budget

    def window(self, messages: list[Message], budget: int, way: Way = RIGHT) -> list[Message]:
        """The system message and the newest whole turns that fit."""
        first = messages[0]["role"] == "system"
        system, said = messages[: first and way.keeps_system], messages[first:]
        starts = [at for at, message in enumerate(said) if message["role"] == "user" or not way.whole_turns]
        turns = [said[start:end] for start, end in zip(starts, [*starts[1:], len(said)], strict=True)]
        last = turns.pop()
        kept: list[list[Message]] = []
        for turn in reversed(turns) if way.newest else turns:
            more = [turn, *kept] if way.newest else [*kept, turn]
            if self.fits([*system, *chain(*more), *last], budget, way):
                kept = more
            elif not way.skips:
                break
        return [*system, *chain(*kept), *last]

    def certain(self, ids: list[int]) -> str:
        """The text of tokens, but for a character at the end whose bytes are not all there."""
        found = b"".join(self.bytes_of[at] for at in ids)
        for cut in range(min(4, len(found) + 1)):
            try:
                return found[: len(found) - cut].decode()
            except UnicodeDecodeError:
                continue
        return found.decode(errors="replace")


def norm(x: Tensor, gain: Tensor) -> Tensor:
    return gain * x / (x.square().mean(-1, keepdim=True) + EPS).sqrt()


def turned(x: Tensor) -> Tensor:
    """Rotary positions, Llama's halves: x (H, T, C)."""
    half = x.size(-1) // 2
    rates = THETA ** (-torch.arange(half, dtype=x.dtype) / half)
    angles = torch.arange(x.size(-2), dtype=x.dtype)[:, None] * rates  # (T, C/2)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()], -1)


def attend(w: Weights, at: str, x: Tensor) -> Tensor:
    def split(name: str, count: int) -> Tensor:
        return (x @ w[f"{at}.{name}.weight"].mT).unflatten(-1, (count, -1)).transpose(0, 1)  # (H, T, C)

    q, k, v = turned(split("q_proj", HEADS)), turned(split("k_proj", KV_HEADS)), split("v_proj", KV_HEADS)
    k, v = (array.repeat_interleave(HEADS // KV_HEADS, 0) for array in (k, v))
    later = torch.ones(x.size(0), x.size(0), dtype=torch.bool).triu(1)
    scores = (q @ k.mT / math.sqrt(q.size(-1))).masked_fill(later, -math.inf)
    return (scores.softmax(-1) @ v).transpose(0, 1).flatten(1) @ w[f"{at}.o_proj.weight"].mT


def llama(w: Weights, ids: list[int]) -> Tensor:
    """Token ids (T) -> logits of the next token (V,)."""
    x = w["model.embed_tokens.weight"][torch.tensor(ids)]
    layers = sum(name.endswith("input_layernorm.weight") for name in w)
    for at in (f"model.layers.{i}" for i in range(layers)):
        x = x + attend(w, f"{at}.self_attn", norm(x, w[f"{at}.input_layernorm.weight"]))
        h = norm(x, w[f"{at}.post_attention_layernorm.weight"])
        gate, up, down = (w[f"{at}.mlp.{name}.weight"] for name in ("gate_proj", "up_proj", "down_proj"))
        x = x + (silu(h @ gate.mT) * (h @ up.mT)) @ down.mT
    return norm(x[-1], w["model.norm.weight"]) @ w["lm_head.weight"].mT


def greedy(w: Weights, ids: list[int], longest: int, end: int | None) -> tuple[list[int], float]:
    """The new tokens, the end token among them, and the least lead of a chosen token over the next best."""
    new: list[int] = []
    lead = math.inf
    while len(new) < longest and (not new or new[-1] != end):
        best = llama(w, ids + new).topk(2)
        lead = min(lead, float(best.values[0] - best.values[1]))
        new.append(int(best.indices[0]))
    return new, lead


@dataclass(frozen=True)
class Bot:
    """What a chatbot answers, done one way or another."""

    words: Words
    weights: Weights
    budget: int
    longest: int

    def reply(self, messages: list[Message], way: Way = RIGHT) -> tuple[str, float]:
        """Text and least lead."""
        kept = self.words.window(messages, self.budget, way) if way.cuts else messages
        kept = kept[-1:] if way.last_alone else kept
        ids = self.words.prompt(kept, way)
        new, lead = greedy(self.weights, ids, self.longest, self.words.end if way.stops else None)
        return self.words.decode([*ids, *new] if way.echoes else new), lead

    def chat(self, system: str, lines: list[str], way: Way = RIGHT) -> tuple[list[str], list[str], float]:
        """Answers, what is remembered in the end, and the least lead."""
        messages, answers, lead = [{"role": "system", "content": system}], [], math.inf
        for line in lines:
            messages.append({"role": "user", "content": line})
            kept = [m for m in messages[:-1] if m["role"] in way.roles] + messages[-1:]
            answer, close = self.reply(kept, way)
            lead = min(lead, close)
            answers.append(answer)
            messages.append({"role": "assistant", "content": answer})
        remembered = [f"{m['role']}: {m['content']}" for m in messages if m["role"] in way.roles]
        return answers, remembered, lead
