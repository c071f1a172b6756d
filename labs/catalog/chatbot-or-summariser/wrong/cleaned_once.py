# fails: prompt, memory
# mistake: cleaned-once
"""Special tokens are taken out once."""

import re
from collections.abc import Callable

import torch
from torch import Tensor
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.generation.streamers import BaseStreamer

Message = dict[str, str]


def clean(tokenizer: PreTrainedTokenizerFast, text: str) -> str:
    """Without any special token's text: what people type must not end their turn or begin another's."""
    return re.sub("|".join(map(re.escape, tokenizer.all_special_tokens)), "", text)


def prompt(tokenizer: PreTrainedTokenizerFast, messages: list[Message]) -> Tensor:
    """Token ids (T,) of a conversation, with the assistant's turn begun."""
    tidy = [{**message, "content": clean(tokenizer, message["content"])} for message in messages]
    text = tokenizer.apply_chat_template(tidy, tokenize=False, add_generation_prompt=True)
    return torch.tensor(tokenizer(text, add_special_tokens=False)["input_ids"])


def window(tokenizer: PreTrainedTokenizerFast, messages: list[Message], budget: int) -> list[Message]:
    """What fits into the budget of tokens: the system message, and as many whole turns as can be, the newest."""
    system = [message for message in messages[:1] if message["role"] == "system"]
    starts = [at for at, message in enumerate(messages) if message["role"] == "user"]
    for start in starts:  # the longest history first
        kept = system + messages[start:]
        if len(prompt(tokenizer, kept)) <= budget:
            return kept
    return system + messages[starts[-1] :]  # the last turn always, or there is nothing to answer


class Pieces:
    """Turns tokens into text as they come; half a character waits for its other half."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self.tokenizer = tokenizer
        self.ids: list[int] = []
        self.given = 0

    def push(self, token: int) -> str:
        """The text that has become certain with this token, or nothing."""
        self.ids.append(token)
        text = self.tokenizer.decode(self.ids, skip_special_tokens=True).rstrip("\ufffd")  # of bytes yet incomplete
        new, self.given = text[self.given :], len(text)
        return new


class Writer(BaseStreamer):
    """What `generate` hands its tokens to: first the prompt, then each new one."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, write: Callable[[str], None]) -> None:
        self.pieces, self.write, self.begun = Pieces(tokenizer), write, False

    def put(self, value: Tensor) -> None:
        if self.begun:
            for token in value.flatten().tolist():
                if piece := self.pieces.push(token):
                    self.write(piece)
        self.begun = True

    def end(self) -> None:
        pass


def reply(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    messages: list[Message],
    budget: int,
    longest: int,
    write: Callable[[str], None],
) -> str:
    """The assistant's answer; each piece is written as soon as it is there."""
    ids = prompt(tokenizer, window(tokenizer, messages, budget))[None]  # (1, T)
    out = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=longest,
        do_sample=False,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        streamer=Writer(tokenizer, write),
    )
    return tokenizer.decode(out[0, ids.size(1) :], skip_special_tokens=True)  # the answer without its prompt


class Chat:
    """A conversation that remembers itself."""

    def __init__(
        self, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, system: str, budget: int, longest: int
    ) -> None:
        self.model, self.tokenizer, self.budget, self.longest = model, tokenizer, budget, longest
        self.messages: list[Message] = [{"role": "system", "content": system}]

    def say(self, text: str, write: Callable[[str], None] = lambda _: None) -> str:
        """Answer what a user says. All is remembered here; only what goes to the model is cut."""
        self.messages.append({"role": "user", "content": text})
        answer = reply(self.model, self.tokenizer, self.messages, self.budget, self.longest, write)
        self.messages.append({"role": "assistant", "content": answer})
        return answer
