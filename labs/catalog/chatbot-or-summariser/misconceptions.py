"""What goes wrong between a user and a model, as the answers that it leads to."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from gpu_runner.checking import Misconception
from reference import RIGHT, Bot, Message, Way, Words

Ways = list[tuple[str, str, Way, str]]


def changed(**fields: object) -> Way:
    return replace(RIGHT, **fields)  # type: ignore[arg-type]


def codes(text: str) -> Tensor:
    """The bytes of a text, (N,)."""
    return torch.tensor(list(text.encode()), dtype=torch.int64)


PROMPTS: Ways = [
    ("not-opened", "a prompt in which the assistant's turn is not begun", changed(opens=False), ""),
    ("injected", "a prompt in which typed special tokens count", changed(cleaning=0), ""),
    ("cleaned-once", "a prompt cleaned once, where two halves have joined", changed(cleaning=1), ""),
    ("role-names", "a prompt with the roles' names as words", changed(marks=False), "gpt.tokens"),
    ("not-ended", "a prompt whose messages have no end", changed(ends=False), ""),
]
WINDOWS: Ways = [
    ("system-dropped", "a window that forgets the system message", changed(keeps_system=False), ""),
    ("oldest", "a window that keeps the oldest turns", changed(newest=False), ""),
    ("half-turns", "a window that cuts between a question and its answer", changed(whole_turns=False), ""),
    ("skips", "a window that leaves out a long turn and keeps older ones", changed(skips=True), ""),
    ("opening-not-counted", "a window that does not count the opened turn", changed(counts_opening=False), ""),
    ("strict", "a window that stays below its budget", changed(strict=True), ""),
]
REPLIES: Ways = [
    ("whole-history", "the reply to the whole history", changed(cuts=False), "serving.kv-cache"),
    ("system-dropped", "the reply without the system message", changed(keeps_system=False), ""),
    ("oldest", "the reply to the oldest turns", changed(newest=False), ""),
    ("last-alone", "the reply to the last message alone", changed(last_alone=True), "alignment.dialogue"),
    ("not-opened", "the reply to a prompt that does not open the assistant's turn", changed(opens=False), ""),
    ("role-names", "the reply to the roles' names as words", changed(marks=False), "gpt.tokens"),
    ("never-stops", "a reply that goes on after its end", changed(stops=False), ""),
    ("echo", "the reply with its prompt before it", changed(echoes=True), ""),
]
CHATS: Ways = [
    ("last-alone", "answers to each line alone", changed(last_alone=True), ""),
    ("replies-forgotten", "a chat that forgets its own answers", changed(roles=("system", "user")), ""),
    ("users-forgotten", "a chat that forgets what users said", changed(roles=("system", "assistant")), ""),
    ("whole-history", "a chat that never cuts its history", changed(cuts=False), "serving.kv-cache"),
    ("half-turns", "a chat that cuts between a question and its answer", changed(whole_turns=False), ""),
    ("system-dropped", "a chat that forgets the system message", changed(keeps_system=False), ""),
    ("oldest", "a chat that keeps the oldest turns", changed(newest=False), ""),
    ("not-opened", "a chat whose prompts do not open the assistant's turn", changed(opens=False), ""),
    ("role-names", "a chat with the roles' names as words", changed(marks=False), "gpt.tokens"),
]


def known(ways: Ways, answer: Callable[[Way], Tensor]) -> list[Misconception]:
    return [Misconception(key, text, lambda way=way: answer(way), skill) for key, text, way, skill in ways]


def cumulated(lengths: list[int]) -> Tensor:
    return torch.tensor(lengths, dtype=torch.int64)


def streams(words: Words, ids: list[int]) -> list[Misconception]:
    """How many characters have been given after each token."""
    certain = [words.certain(ids[: at + 1]) for at in range(len(ids))]

    def alone() -> Tensor:
        sizes = torch.tensor([len(words.bytes_of[at].decode(errors="replace")) for at in ids])
        return sizes.cumsum(0)

    def at_once() -> Tensor:
        return cumulated([len(words.decode(ids[: at + 1])) for at in range(len(ids))])

    ways: list[tuple[str, str, Callable[[], Tensor]]] = [
        ("each-alone", "every token decoded by itself, half characters as well", alone),
        ("not-held", "half characters shown as they are", at_once),
        (
            "whole-words",
            "text that waits for the end of a word",
            lambda: cumulated([t.rfind(" ") + 1 for t in certain]),
        ),
        ("late", "text that comes one token late", lambda: cumulated([0, *map(len, certain[:-1])])),
        ("nothing", "nothing at all", lambda: cumulated([0] * len(ids))),
    ]
    return [Misconception(*way) for way in ways]


def places(messages: list[Message], kept: list[Message]) -> Tensor:
    return torch.tensor([messages.index(message) for message in kept], dtype=torch.int64)


def transcript(bot: Bot, system: str, lines: list[str], way: Way) -> Tensor:
    """Answers and memory as bytes."""
    answers, remembered, _ = bot.chat(system, lines, way)
    return codes("\n".join([*answers, *remembered]))
