"""How the checks reach your file: every function gets your module as `learner`, and makes tokenizer and model anew."""

from types import ModuleType
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
PAD, END = "<|pad|>", "<|end|>"
SPECIAL = ["<|system|>", "<|user|>", "<|assistant|>"]

Weights = dict[str, Tensor]
Message = dict[str, str]


def tokenizer_of(file: Tensor) -> PreTrainedTokenizerFast:
    """From the bytes of a tokenizer.json."""
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(bytes(file.tolist()).decode()),
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=SPECIAL,
        chat_template=TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def model_of(config: dict[str, Any], weights: Weights) -> LlamaForCausalLM:
    model = LlamaForCausalLM(LlamaConfig(**config, attn_implementation="eager"))
    model.load_state_dict(weights, strict=False)  # a tied head has no weights of its own
    model.generation_config.eos_token_id = None  # which token ends a reply is for your code to say
    return model.eval()


def ids(learner: ModuleType, file: Tensor, messages: list[Message]) -> Tensor:
    return learner.prompt(tokenizer_of(file), messages)


def kept(learner: ModuleType, file: Tensor, messages: list[Message], budgets: list[int]) -> list[Tensor]:
    """For each budget the places of the messages in your window; -1 for one that was not there."""
    tokenizer = tokenizer_of(file)
    found = []
    for budget in budgets:
        window = learner.window(tokenizer, [dict(message) for message in messages], budget)
        places = [messages.index(message) if message in messages else -1 for message in map(dict, window)]
        found.append(torch.tensor(places, dtype=torch.int64))
    return found


def pieces(learner: ModuleType, file: Tensor, tokens: Tensor) -> list[str]:
    made = learner.Pieces(tokenizer_of(file))
    return [made.push(token) for token in tokens.tolist()]


def talk(
    learner: ModuleType,
    file: Tensor,
    config: dict[str, Any],
    weights: Weights,
    messages: list[Message],
    budget: int,
    longest: int,
) -> dict[str, Any]:
    """One reply, the pieces that were written, and how often the model had run at each of them."""
    model, runs = model_of(config, weights), []
    model.register_forward_hook(lambda *_: runs.append(1))
    written: list[str] = []
    at: list[int] = []

    def write(piece: str) -> None:
        written.append(piece)
        at.append(len(runs))

    with torch.no_grad():
        text = learner.reply(model, tokenizer_of(file), messages, budget, longest, write)
    return {"text": text, "written": "".join(written), "count": len(written), "at": torch.tensor(at), "runs": len(runs)}


def chats(
    learner: ModuleType,
    file: Tensor,
    config: dict[str, Any],
    weights: Weights,
    scripts: list[dict[str, Any]],
    budget: int,
    longest: int,
) -> list[dict[str, Any]]:
    """Conversations: what was answered to each line, and what your chat remembers in the end."""
    model, tokenizer = model_of(config, weights), tokenizer_of(file)
    found = []
    for script in scripts:
        chat = learner.Chat(model, tokenizer, script["system"], budget, longest)
        with torch.no_grad():
            answers = [chat.say(line) for line in script["lines"]]
        memory = "\n".join(f"{message['role']}: {message['content']}" for message in chat.messages)
        found.append({"answers": answers, "memory": memory})
    return found
