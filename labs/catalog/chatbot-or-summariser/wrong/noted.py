# fails: prompt, window, pieces, reply, live, chat, memory
# baseline: one answer to everything
"""Trivial baseline: it says that it has noted what was said."""

import torch


def clean(_tokenizer, text):
    return text


def prompt(tokenizer, messages):
    return torch.tensor(tokenizer(messages[-1]["content"])["input_ids"])


def window(_tokenizer, messages, _budget):
    return messages[-1:]


class Pieces:
    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def push(self, _token):
        return ""


def reply(_model, _tokenizer, _messages, _budget, _longest, write):
    write("Noted.")
    return "Noted."


class Chat:
    def __init__(self, _model, _tokenizer, system, _budget, _longest):
        self.messages = [{"role": "system", "content": system}]

    def say(self, text, _write=print):
        self.messages += [{"role": "user", "content": text}, {"role": "assistant", "content": "Noted."}]
        return "Noted."
