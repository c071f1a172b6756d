"""Without template, generate or streamer: ids are put together by hand, and a loop decodes with a cache."""

import codecs
import re

import torch

SHOWN = [byte for byte in range(256) if 33 <= byte <= 126 or (byte >= 161 and byte != 173)]
BYTES = {chr(byte): byte for byte in SHOWN}
BYTES |= {chr(256 + at): byte for at, byte in enumerate(sorted({*range(256)} - {*SHOWN}))}


def clean(tokenizer, text):
    pattern = re.compile("|".join(re.escape(token) for token in tokenizer.all_special_tokens))
    count = 1
    while count:
        text, count = pattern.subn("", text)
    return text


def prompt(tokenizer, messages):
    at = tokenizer.convert_tokens_to_ids
    ids = []
    for message in messages:
        ids.append(at(f"<|{message['role']}|>"))
        ids += tokenizer.encode(clean(tokenizer, message["content"]), add_special_tokens=False)
        ids.append(at("<|end|>"))
    return torch.tensor([*ids, at("<|assistant|>")], dtype=torch.long)


def window(tokenizer, messages, budget):
    head = [m for m in messages if m["role"] == "system"]
    turns = []
    for message in messages[len(head) :]:
        if message["role"] == "user":
            turns.append([])
        turns[-1].append(message)
    kept = turns.pop()
    while turns and len(prompt(tokenizer, head + turns[-1] + kept)) <= budget:
        kept = turns.pop() + kept
    return head + kept


class Pieces:
    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def push(self, token):
        if token in self.tokenizer.all_special_ids:
            return ""
        letters = self.tokenizer.convert_ids_to_tokens(token)
        return self.decoder.decode(bytes(BYTES[letter] for letter in letters))


def reply(model, tokenizer, messages, budget, longest, write):
    ids, past, text = prompt(tokenizer, window(tokenizer, messages, budget))[None], None, ""
    pieces, end = Pieces(tokenizer), tokenizer.convert_tokens_to_ids("<|end|>")
    for _ in range(longest):
        with torch.inference_mode():
            out = model(input_ids=ids, past_key_values=past, use_cache=True)
        past, token = out.past_key_values, int(out.logits[0, -1].argmax())
        if token == end:
            break
        piece = pieces.push(token)
        write(piece)
        text += piece
        ids = torch.tensor([[token]])
    return text


class Chat:
    def __init__(self, model, tokenizer, system, budget, longest):
        self.parts = (model, tokenizer)
        self.limits = (budget, longest)
        self.said = [("system", system)]

    @property
    def messages(self):
        return [{"role": role, "content": content} for role, content in self.said]

    def say(self, text, write=None):
        self.said.append(("user", text))
        self.said.append(("assistant", reply(*self.parts, self.messages, *self.limits, write or (lambda _: None))))
        return self.said[-1][1]
