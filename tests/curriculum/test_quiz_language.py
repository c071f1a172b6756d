"""The quizzes of GPT-2, BERT and T5: every fixed answer that can be computed is computed here in another way."""

from __future__ import annotations

import pytest
import torch
from transformers import BertConfig, T5Config
from transformers.models.t5.modeling_t5 import T5Attention, T5LayerNorm

from curriculum.expressions import evaluate
from curriculum.quiz_schema import ClozeQuestion
from tests.curriculum.quizzes import Quiz

GPT2, BERT, T5 = Quiz("gpt-2"), Quiz("bert"), Quiz("t5")


@pytest.mark.parametrize("quiz", [GPT2, BERT, T5], ids=["gpt-2", "bert", "t5"])
def test_a_quiz_of_the_working_set_has_eight_to_ten_questions_of_several_kinds(quiz: Quiz) -> None:
    questions = quiz.questions.values()

    assert 8 <= len(questions) <= 10
    assert len({question.kind for question in questions}) >= 3
    assert 3 <= sum(question.core for question in questions) <= 5


def test_residual_layers_scaled_by_their_number_keep_the_variance() -> None:
    factor = GPT2.blank("residual-scale", "factor").expression
    layers = 48
    contributions = torch.randn(layers, 20_000, generator=torch.Generator().manual_seed(0))
    path = (contributions * evaluate(factor, {"N": layers})).sum(dim=0)

    assert float(path.var()) == pytest.approx(1, rel=0.05)


def test_tokens_that_are_bytes_write_every_string() -> None:
    assert GPT2.right("unknown-tokens") == {"bytes"}
    assert all(0 <= byte < 256 for byte in "naïve 東京 🦊".encode())


def test_base_and_large_differ_in_depth_width_and_heads_but_not_in_the_size_of_a_head() -> None:
    base, large = (
        BertConfig(),
        BertConfig(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096),
    )
    facts = {
        "layers": lambda c: c.num_hidden_layers,
        "hidden": lambda c: c.hidden_size,
        "heads": lambda c: c.num_attention_heads,
        "head-size": lambda c: c.hidden_size // c.num_attention_heads,
        "vocabulary": lambda c: c.vocab_size,
    }

    assert BERT.right("base-large") == {name for name, of in facts.items() if of(large) > of(base)}  # type: ignore[no-untyped-call]  # transformers annotates only in part


def test_the_third_embedding_is_that_of_the_segment() -> None:
    question = BERT.question("input-sum")

    assert isinstance(question, ClozeQuestion)
    assert "segment" in question.blanks[0].accept


def test_offsets_beyond_the_largest_share_a_bucket() -> None:
    offsets = torch.tensor([-127, -128, -200, -100_000])
    buckets = T5Attention._relative_position_bucket(offsets, bidirectional=True, num_buckets=32, max_distance=128)  # type: ignore[no-untyped-call]  # transformers annotates only in part

    assert T5.right("buckets") == {"one"}
    assert len(set(buckets[1:].tolist())) == 1


def test_the_layer_norm_of_t5_has_a_scale_and_neither_bias_nor_mean() -> None:
    config = T5Config(d_model=8)
    norm = T5LayerNorm(config.d_model, eps=0.0)  # type: ignore[no-untyped-call]  # transformers annotates only in part
    x = torch.tensor([[1.0, 2, 3, 4, 5, 6, 7, 8]])

    assert T5.right("layer-norm") == {"bias", "mean"}
    assert [name for name, _ in norm.named_parameters()] == ["weight"]
    assert torch.allclose(norm(x), x / x.square().mean().sqrt())
    assert float(norm(x).mean().detach()) > 0.5


def test_the_example_of_a_target_drops_what_the_input_lacks() -> None:
    original, corrupted = (
        "Thank you for inviting me to your party last week.",
        "Thank you <X> me to your party <Y> week.",
    )
    target = "<X> for inviting <Y> last <Z>"
    first, second = (
        target.split("<X> ")[1].split(" <Y> ", maxsplit=1)[0],
        target.split("<Y> ")[1].split(" <Z>", maxsplit=1)[0],
    )

    assert T5.right("sentinel-example") == {"spans"}
    assert corrupted.replace("<X>", first).replace("<Y>", second) == original
