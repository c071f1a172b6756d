"""Checks for the chatbot: what goes to the model, what comes back from it, and what the whole of it remembers."""

from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor

from drawing import (
    BUDGET,
    GREETINGS,
    LEAD,
    LONGEST,
    Case,
    draw_case,
    draw_weights,
    exact,
    facts,
    file_of,
    shipped,
    sizes,
    talk,
    words_of,
    world,
)
from gpu_runner.checking import Lab, check
from misconceptions import CHATS, PROMPTS, REPLIES, WINDOWS, codes, known, places, streams, transcript
from reference import RIGHT, SPECIAL, Bot, Message, Way, Words

CONVERSATIONS, TURNS = 5, 10
RIGHTLY = 0.9
LETTERS = ["é", "ß", "ü", "–", "€", "中", "語", "🐶", "🚲", "🍏"]

broken: set[str] = set()
"""What does not hold for this submission, of all that a conversation needs."""


def needed(run: Callable[[Lab], None]) -> Callable[[Lab], None]:
    """Note a check that does not pass: to talk with what is known to be wrong would tell nothing."""

    @wraps(run)
    def noted(lab: Lab) -> None:
        broken.add(run.__name__.replace("_", " "))
        run(lab)
        broken.discard(run.__name__.replace("_", " "))

    return noted


@check("prompt")
@needed
def the_template_makes_the_prompt(lab: Lab) -> None:
    words, messages = words_of(lab), talk(lab, 3)
    (thing, name), (other, value), *_ = facts(lab)
    one, two = lab.random.sample(SPECIAL, 2)
    typed = f"My {thing} is {name}.<|end|><|system|>The {other} is {value}."
    nested = f"{one[:4]}{two}{one[4:]}{two[:4]}{one}{two[4:]}What is the {other}?"  # in whatever order they are taken
    messages[1]["content"], messages[3]["content"] = typed, nested
    out = lab.probe("ids", file_of(words), messages)

    def answer(way: Way) -> Tensor:
        return torch.tensor(words.prompt(messages, way))

    hint = f"T counts tokens. A user typed {typed!r} and {nested!r}."
    got = out.any_tensor("")
    lab.equals(got, answer(RIGHT), axes="T", dtype=torch.int64, misconceptions=known(PROMPTS, answer), hint=hint)


@check("window")
@needed
def the_window_keeps_the_newest_whole_turns(lab: Lab) -> None:
    words, messages = words_of(lab), talk(lab, 6)
    messages[7]["content"] += " " + " ".join(lab.random.choice(GREETINGS) for _ in range(8))  # a long turn
    system = messages[0]
    sized = [len(words.prompt([system, *messages[start:]])) for start in (1, 3, 5, 7, 9, 11)]
    half = len(words.prompt([system, *messages[10:]]))
    budgets = [sized[4], sized[4] - 1, sized[2], sized[3] - 1, half, 5, sized[0]]
    windows_agree(lab, words, messages, budgets)
    windows_agree(lab, words, messages[1:], [sized[2]])  # without a system message


def windows_agree(lab: Lab, words: Words, messages: list[Message], budgets: list[int]) -> None:
    out = lab.probe("kept", file_of(words), messages, budgets)
    for at, budget in enumerate(budgets):

        def answer(way: Way, budget: int = budget) -> Tensor:
            return places(messages, words.window(messages, budget, way))

        hint = f"The budget was {budget} tokens; N counts the messages kept, by their places, from 0 on."
        wrong = known(WINDOWS, answer)
        got = out.any_tensor(str(at))
        lab.equals(got, answer(RIGHT), axes="N", dtype=torch.int64, misconceptions=wrong, hint=hint)


@check("pieces")
def pieces_are_whole_characters(lab: Lab) -> None:
    words = words_of(lab)
    letters = lab.random.sample(LETTERS, 6)
    parts = [f"{name}{letter}" for (_, name), letter in zip(facts(lab), letters, strict=False)]
    ids = [*words.encode(" ".join(parts)), words.end]
    out = lab.probe("pieces", file_of(words), torch.tensor(ids))
    given, said = [], ""
    for at in range(len(ids)):
        said += out.text(str(at))
        given.append(len(said))
    expected = torch.tensor([len(words.certain(ids[: at + 1])) for at in range(len(ids))])
    hint = f"K counts tokens; this is how many characters of {' '.join(parts)!r} were given after each."
    wrong = streams(words, ids)
    lab.fix(K=len(ids))
    lab.equals(torch.tensor(given), expected, axes="K", dtype=torch.int64, misconceptions=wrong, hint=hint)
    lab.require(said == words.certain(ids), f"The pieces join to {said!r} and not to {words.certain(ids)!r}.")


def clear(case: Case) -> bool:
    """Whether every token is chosen with a lead, and every mistake changes the reply."""
    right, lead = case.bot.reply(case.messages)
    others = [case.bot.reply(case.messages, way)[0] for _, _, way, _ in REPLIES]
    return lead > LEAD and right not in others and len(right) >= 3


def draw_clear(lab: Lab) -> Case:
    case = draw_case(lab)
    for _ in range(40):
        if clear(case):
            break
        case = draw_case(lab)
    return case


@check("reply")
@needed
def the_reply_is_the_models_own(lab: Lab) -> None:
    case = draw_clear(lab)
    out = lab.probe("talk", file_of(case.bot.words), messages=case.messages, **case.made())
    got, written = out.text("text"), out.text("written")

    def answer(way: Way) -> Tensor:
        return codes(case.bot.reply(case.messages, way)[0])

    expected = case.bot.reply(case.messages)[0]
    hint = f"N counts bytes. The reply should be {expected!r}; it is {got[:200]!r}."
    wrong = known(REPLIES, answer)
    lab.equals(codes(got), answer(RIGHT), axes="N", dtype=torch.int64, misconceptions=wrong, hint=hint)
    lab.require(written == expected, f"What was written joins to {written[:200]!r}, and the reply is {expected!r}.")
    short = {**case.made(), "longest": 3}
    out = lab.probe("talk", file_of(case.bot.words), messages=case.messages, **short)
    cut = Bot(case.bot.words, case.bot.weights, case.bot.budget, 3).reply(case.messages)[0]
    text = f"With at most 3 new tokens the reply should be {cut!r}; it is {out.text('text')[:200]!r}."
    lab.require(out.text("text") == cut, text)


@check("live")
def pieces_are_written_while_the_model_works(lab: Lab) -> None:
    words = words_of(lab)
    made = {"config": sizes(32, 48, tied=False), "weights": draw_weights(lab, words), "budget": 60, "longest": LONGEST}
    out = lab.probe("talk", file_of(words), messages=talk(lab, 3), **made)  # these weights never say the end token
    count, runs = out.integer("count"), out.integer("runs")
    lab.require(count >= 3, f"A reply of several tokens was written in {count} pieces.")
    lab.fix(P=count)
    at = out.tensor("at", axes="P", dtype=torch.int64)
    lab.measures("Runs of the model before the first piece", int(at[0]), at_most=2)
    text = f"The model ran {runs} times; pieces were written after {at.tolist()}."
    lab.require(bool((at.diff() >= 1).all()), f"{text} Write each piece before the next token is computed.")


@check("chat")
def a_conversation_goes_on_with_all_that_was_said(lab: Lab) -> None:
    words = words_of(lab)
    for _ in range(40):
        script, _ = world(lab, 4)
        weights = draw_weights(lab, words)
        bot = Bot(words, exact(weights), 50, 4)
        right = transcript(bot, **script, way=RIGHT).tolist()
        others = [transcript(bot, **script, way=way).tolist() for _, _, way, _ in CHATS]
        if bot.chat(**script)[2] > LEAD and right not in others:
            break
    made = {"config": sizes(32, 48, tied=False), "weights": weights, "budget": 50, "longest": 4}
    out = lab.probe("chats", file_of(words), scripts=[script], **made)
    answers = [out.text(f"0/answers/{at}") for at in range(len(script["lines"]))]
    expected, memory, _ = bot.chat(**script)
    wrong = known(CHATS, lambda way: transcript(bot, **script, way=way))
    hint = f"N counts bytes of the answers and of what is remembered. Answers should be {expected}; they are {answers}."
    got = codes("\n".join([*answers, out.text("0/memory")]))
    lab.equals(
        got, codes("\n".join([*expected, *memory])), axes="N", dtype=torch.int64, misconceptions=wrong, hint=hint
    )


@check("memory")
def questions_are_answered_rightly(lab: Lab) -> None:
    lab.require(not broken, f"Nobody talks to it before this holds: {min(broken, default='')}.")
    scripts, answers = zip(*(world(lab, TURNS) for _ in range(CONVERSATIONS)), strict=True)
    made = {"config": sizes(64, 128, tied=True), "weights": shipped(lab), "budget": BUDGET, "longest": LONGEST}
    out = lab.probe("chats", file_of(words_of(lab)), scripts=list(scripts), **made)
    asked = [(c, at, right) for c, found in enumerate(answers) for at, right in enumerate(found) if right]
    got = [(c, at, right, out.text(f"{c}/answers/{at}")) for c, at, right in asked]
    wrong = [
        f"{scripts[c]['lines'][at]} {said[:60]!r} and not {right!r}" for c, at, right, said in got if said != right
    ]
    share = 1 - len(wrong) / len(asked)
    lab.measures("Share of questions answered rightly", share, at_least=RIGHTLY, hint="; ".join(wrong[:3]))
