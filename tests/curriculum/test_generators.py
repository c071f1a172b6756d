"""Drawn numbers can be replayed, vary enough, and leave no room for a lucky mistake."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from curriculum.files import read_library
from curriculum.generators import GENERATORS, Answer, Draw, draw
from curriculum.quiz_schema import NumericQuestion, ShapeQuestion

SEEDS = range(2_000)
DRAWN_QUESTIONS = [
    question
    for quiz in read_library().quizzes.values()
    for question in quiz.questions
    if isinstance(question, NumericQuestion | ShapeQuestion) and question.generator
]
DRAWN = {name: [draw(name, seed) for seed in SEEDS] for name in GENERATORS}


def as_key(answer: Answer) -> str:
    return repr(answer) if isinstance(answer, list) else f"{answer:.6g}"


@pytest.mark.parametrize("name", GENERATORS)
def test_the_same_seed_draws_the_same_numbers(name: str) -> None:
    assert [draw(name, seed) for seed in range(50)] == DRAWN[name][:50]


@pytest.mark.parametrize("name", GENERATORS)
def test_a_shape_can_not_be_right_with_two_of_its_sizes_swapped(name: str) -> None:
    for drawn in DRAWN[name]:
        sizes = [size for size in drawn.answer if size != 1] if isinstance(drawn.answer, list) else []
        assert len(set(sizes)) == len(sizes), drawn


@pytest.mark.parametrize("name", GENERATORS)
def test_no_answer_is_worth_guessing(name: str) -> None:
    """At most 5 % of 2,000 draws may share their answer."""
    _, times = Counter(as_key(drawn.answer) for drawn in DRAWN[name]).most_common(1)[0]

    assert times <= 100


@pytest.mark.parametrize("question", DRAWN_QUESTIONS, ids=lambda question: question.id)
def test_no_foreseeable_mistake_is_ever_right(question: NumericQuestion | ShapeQuestion) -> None:
    for drawn in DRAWN[question.generator]:
        for mistake, answer in drawn.mistakes.items():
            assert not same(answer, drawn.answer, question), (mistake, drawn)


@pytest.mark.parametrize("question", DRAWN_QUESTIONS, ids=lambda question: question.id)
def test_two_mistakes_are_never_confused(question: NumericQuestion | ShapeQuestion) -> None:
    for drawn in DRAWN[question.generator]:
        answers = list(drawn.mistakes.values())
        pairs = [(a, b) for index, a in enumerate(answers) for b in answers[:index]]
        assert not any(same(a, b, question) for a, b in pairs), drawn


def test_every_generator_is_asked_by_a_question() -> None:
    assert {question.generator for question in DRAWN_QUESTIONS} == set(GENERATORS)


def same(given: Answer, other: Answer, question: NumericQuestion | ShapeQuestion) -> bool:
    """Whether the question's own tolerance takes one for the other."""
    if isinstance(given, list) or isinstance(other, list) or not isinstance(question, NumericQuestion):
        return given == other
    return abs(given - other) <= question.atol + question.rtol * abs(other)


@pytest.mark.parametrize("name", ["attention_weights_shape", "attention_output_shape"])
def test_all_sizes_of_a_shape_differ_and_none_is_one(name: str) -> None:
    for drawn in DRAWN[name]:
        sizes = [size for size in drawn.fields.values() if isinstance(size, int)]
        assert len(set(sizes)) == len(sizes), drawn
        assert min(sizes) > 1


def ints(drawn: Draw, *names: str) -> list[int]:
    values = [drawn.fields[name] for name in names]
    return [value for value in values if isinstance(value, int)]


def test_the_mask_of_a_causal_attention_has_that_many_pairs() -> None:
    for drawn in DRAWN["causal_pairs"][:20]:
        (length,) = ints(drawn, "S")
        assert drawn.answer == sum(key <= query for query in range(length) for key in range(length))


def test_a_weight_tensor_takes_that_many_mebibytes() -> None:
    for drawn in DRAWN["attention_weights_mib"][:200]:
        batch, heads, length, each = ints(drawn, "B", "h", "S", "bytes")
        assert drawn.answer == pytest.approx(batch * heads * length * length * each / 1024 / 1024)


def test_a_score_is_the_product_over_the_root_of_the_width() -> None:
    for drawn in DRAWN["scaled_logit"][:200]:
        query, key = ([int(word) for word in str(drawn.fields[name]).strip("()").split(",")] for name in ("q", "k"))
        assert len(query) == len(key) == drawn.fields["d"]
        assert drawn.answer == pytest.approx(sum(map(int.__mul__, query, key)) / len(key) ** 0.5)


def test_a_position_has_that_value() -> None:
    for drawn in DRAWN["position_value"][:200]:
        width, position, pair, even = ints(drawn, "d", "pos", "i", "even")
        assert even == 2 * pair < width
        assert drawn.answer == pytest.approx(math.sin(position / 10_000 ** (even / width)))


def test_the_projections_of_all_heads_are_counted_one_by_one() -> None:
    for drawn in DRAWN["attention_parameters"][:200]:
        width, heads, head = ints(drawn, "d", "h", "head")
        per_head = 3 * width * head  # its rows of W_Q, W_K and W_V
        assert drawn.answer == heads * per_head + (heads * head) * width


def test_the_parameters_of_a_layer_are_those_of_its_parts() -> None:
    for drawn in DRAWN["encoder_layer_parameters"][:200]:
        width, hidden = ints(drawn, "d", "ff")
        projections = 4 * (width * width + width)
        feed_forward = (width * hidden + hidden) + (hidden * width + width)
        norms = 2 * (width + width)
        assert drawn.answer == projections + feed_forward + norms


def test_weights_grow_with_the_pairs_of_tokens() -> None:
    for drawn in DRAWN["attention_growth"][:200]:
        before, after = ints(drawn, "S1", "S2")
        assert drawn.answer == pytest.approx((after * after) / (before * before))
