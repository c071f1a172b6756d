"""The quiz of "Attention Is All You Need": every answer that can be computed is computed here in another way."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product
from random import Random
from statistics import pvariance

import pytest

from curriculum.expressions import evaluate
from curriculum.quiz_rows import question_columns
from curriculum.quiz_schema import Question
from tests.curriculum.quizzes import QUIZZES, Quiz, is_drawn

QUESTIONS = QUIZZES["attention-is-all-you-need"]
QUIZ = Quiz("attention-is-all-you-need")
number, expression, right = QUIZ.number, QUIZ.expression, QUIZ.right


def softmax(scores: list[float]) -> list[float]:
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    return [power / sum(powers) for power in powers]


def test_it_has_twelve_questions_of_six_kinds_and_three_with_drawn_numbers() -> None:
    drawn = [question for question in QUESTIONS if is_drawn(question)]

    assert len(QUESTIONS) >= 12
    assert len(Counter(question.kind for question in QUESTIONS)) >= 6
    assert len(drawn) >= 3
    assert 10 <= sum(question.core for question in QUESTIONS) <= 20


def test_skills_are_those_that_labs_point_at() -> None:
    skills = {question.skill for question in QUESTIONS}

    assert skills >= {
        "attention.scaling",
        "attention.softmax-axis",
        "attention.shapes",
        "attention.masking",
        "transformer.norm-placement",
        "transformer.residual",
        "transformer.parameters",
    }


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_every_wrong_answer_that_is_foreseen_is_explained(question: Question) -> None:
    spec = question_columns(question)["spec"]
    parts = [*spec.get("options", []), *spec.get("notes", []), *spec.get("rows", [])]

    assert question.kind in {"self", "kata"} or parts or all(blank["notes"] for blank in spec["blanks"])


def test_the_variance_of_a_dot_product_is_its_width() -> None:
    random, width = Random(0), 16  # noqa: S311 - samples, not secrets
    products = [sum(random.gauss(0, 1) * random.gauss(0, 1) for _ in range(width)) for _ in range(20_000)]

    assert expression("scale-variance") == "d_k"
    assert pvariance(products) == pytest.approx(width, rel=0.05)


def test_a_softmax_of_large_scores_has_vanishing_gradients() -> None:
    def steepest(scale: float) -> float:
        weights = softmax([scale * score for score in (1.0, 0.2, -0.7)])
        return max(weight * (1 - weight) for weight in weights)

    assert right("why-scale") == {"saturation"}
    assert steepest(30) < 1e-9 < steepest(1)


def attend(query: int, keys: list[float], *, late_mask: bool) -> list[float]:
    """Weights of one query over one-dimensional keys, masked causally before or after the softmax."""
    if late_mask:
        weights = softmax(keys)
        return [weight if key <= query else 0.0 for key, weight in enumerate(weights)]
    return softmax([score if key <= query else -math.inf for key, score in enumerate(keys)])


def test_masking_after_the_softmax_does_what_the_options_say() -> None:
    keys, changed = [0.3, -0.2, 0.9, 0.1], [0.3, -0.2, 0.9, 2.0]
    late = [attend(query, keys, late_mask=True) for query in range(4)]
    early = [attend(query, keys, late_mask=False) for query in range(4)]
    truths = {
        "rows": sum(sum(row) < 0.999 for row in late) > 2,
        "leak": attend(0, changed, late_mask=True) != late[0],
        "shape": [len(row) for row in late] != [len(row) for row in early],
        "last": late[3] != pytest.approx(early[3]),
        "zero": any(weight != 0 for query, row in enumerate(late) for weight in row[query + 1 :]),
    }

    assert right("mask-after-softmax") == {option for option, true in truths.items() if true}
    assert attend(0, changed, late_mask=False) == early[0]


def test_the_steps_stand_in_the_order_of_the_figure() -> None:
    assert QUIZ.steps("steps") == ["scores", "scale", "mask", "softmax", "values"]


def layer_norm(x: list[float]) -> list[float]:
    mean = sum(x) / len(x)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in x) / len(x))
    return [(value - mean) / deviation for value in x]


def test_a_silent_branch_leaves_a_pre_norm_block_the_identity() -> None:
    x, silent = [3.0, -1.0, 0.5], [0.0, 0.0, 0.0]

    assert right("silent-branch") == {"same"}
    assert [value + branch for value, branch in zip(x, silent, strict=True)] == x
    assert layer_norm(x) != x


def test_the_warm_up_formula_is_the_smaller_branch_of_equation_3() -> None:
    text = expression("warm-up").replace("^", "**")
    for step, warmup, d_model in ((1, 4000, 512), (2500, 4000, 512), (3000, 8000, 128)):
        rate = d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)
        factors = {"step": step, "warmup": warmup, "d_model": d_model}
        assert value_of(text, factors) == pytest.approx(rate)


def value_of(text: str, factors: dict[str, int]) -> float:
    """A product of powers, read without the parser that grades it."""
    powers = (factor.strip().split("**") for factor in text.split(" * "))
    return math.prod(math.pow(factors[base], float(power[0] if power else 1)) for base, *power in powers)


def test_the_peak_rate_is_the_largest_of_the_schedule() -> None:
    rates = [512**-0.5 * min(step**-0.5, step * 4000**-1.5) for step in range(1, 20_000)]

    assert number("peak-rate") == pytest.approx(max(rates), rel=1e-5)


def test_self_attention_is_cheaper_when_the_sequence_is_shorter_than_it_is_wide() -> None:
    assert right("cheaper-when") == {"shorter"}
    assert all((n * n * d < n * d * d) == (n < d) for n, d in product(range(1, 30), repeat=2))


def test_subtracting_the_maximum_leaves_the_weights_as_they_are() -> None:
    scores = [3.0, -1.0, 0.4]
    plain = [math.exp(score) / sum(math.exp(other) for other in scores) for score in scores]

    assert right("softmax-shift") == {"overflow"}
    assert softmax(scores) == pytest.approx(plain)
    assert softmax([1000.0 + score for score in scores]) == pytest.approx(plain)


def test_the_feed_forward_matrices_are_counted_entry_by_entry() -> None:
    into, back = list(product(range(5), range(7))), list(product(range(7), range(5)))

    assert evaluate(expression("feed-forward-weights"), {"d_model": 5, "d_ff": 7}) == len(into) + len(back)


def test_permuted_inputs_give_permuted_outputs() -> None:
    def outputs(tokens: list[float]) -> list[float]:
        rows = [softmax([query * key for key in tokens]) for query in tokens]
        return [sum(weight * value for weight, value in zip(row, tokens, strict=True)) for row in rows]

    tokens = [0.4, -1.2, 0.9]

    assert right("positions-why") == {"permuted"}
    assert outputs(tokens[::-1]) == pytest.approx(outputs(tokens)[::-1])
