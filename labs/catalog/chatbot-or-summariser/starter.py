"""A chatbot that keeps to its window. The README holds the contract; six places are marked TODO."""

from collections.abc import Callable

from torch import Tensor
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

Message = dict[str, str]


def clean(tokenizer: PreTrainedTokenizerFast, text: str) -> str:
    """Without any special token's text."""
    raise NotImplementedError("TODO 1: take special tokens out of what people type, in clean")


def prompt(tokenizer: PreTrainedTokenizerFast, messages: list[Message]) -> Tensor:
    """Token ids (T,) of a conversation, with the assistant's turn begun."""
    raise NotImplementedError("TODO 2: apply the tokenizer's chat template in prompt")


def window(tokenizer: PreTrainedTokenizerFast, messages: list[Message], budget: int) -> list[Message]:
    """What fits into the budget of tokens: the system message, and as many whole turns as can be, the newest."""
    raise NotImplementedError("TODO 3: leave out the oldest turns in window")


class Pieces:
    """Turns tokens into text as they come; half a character waits for its other half."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self.tokenizer = tokenizer

    def push(self, token: int) -> str:
        """The text that has become certain with this token, or nothing."""
        raise NotImplementedError("TODO 4: decode token by token in Pieces.push")


def reply(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    messages: list[Message],
    budget: int,
    longest: int,
    write: Callable[[str], None],
) -> str:
    """The assistant's answer; each piece is written as soon as it is there."""
    raise NotImplementedError("TODO 5: generate greedily, and write the pieces, in reply")


class Chat:
    """A conversation that remembers itself."""

    def __init__(
        self, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, system: str, budget: int, longest: int
    ) -> None:
        self.model, self.tokenizer, self.budget, self.longest = model, tokenizer, budget, longest
        self.messages: list[Message] = [{"role": "system", "content": system}]

    def say(self, text: str, write: Callable[[str], None] = lambda _: None) -> str:
        """Answer what a user says."""
        raise NotImplementedError("TODO 6: remember what both said, in Chat.say")
