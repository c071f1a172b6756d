"""The drawn answers about language models, from the libraries' own models or by doing it token by token."""

from __future__ import annotations

import math

import pytest
import torch
from transformers import BertConfig, GPT2Config, T5Config
from transformers.models.bert.modeling_bert import BertEmbeddings
from transformers.models.gpt2.modeling_gpt2 import GPT2LMHeadModel
from transformers.models.t5.modeling_t5 import T5Stack

from tests.curriculum.drawings import drawings, integers, numbers

SLOW_TO_BUILD = 6  # drawings checked against a model of their size, which exists on no device


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_a_gpt_2_has_as_many_parameters_as_that_of_the_library() -> None:
    for drawn in drawings("gpt2_parameters", SLOW_TO_BUILD):
        layers, width, vocabulary, context = integers(drawn, "L", "d", "V", "T")
        config = GPT2Config(vocab_size=vocabulary, n_positions=context, n_embd=width, n_layer=layers, n_head=1)
        with torch.device("meta"):
            model = GPT2LMHeadModel(config)
        model.tie_weights()
        assert drawn.answer == count(model)


def test_gpt_2_small_comes_out_right() -> None:
    """124,439,808: the count that the library reports for the released model."""
    assert 50257 * 768 + 1024 * 768 + 12 * (12 * 768**2 + 13 * 768) + 2 * 768 == 124_439_808


def test_logits_are_one_number_per_token_of_the_vocabulary_at_every_position() -> None:
    for drawn in drawings("language_logits_shape"):
        batch, tokens, width, vocabulary = integers(drawn, "B", "S", "d", "V")
        hidden = torch.empty(batch, tokens, width, device="meta")
        assert drawn.answer == list((hidden @ torch.empty(width, vocabulary, device="meta")).shape)


def test_bits_per_byte_share_the_whole_texts_loss_among_its_bytes() -> None:
    for drawn in drawings("bits_per_byte"):
        size, tokens, loss = numbers(drawn, "bytes", "tokens", "loss")
        probability_of_a_byte = math.exp(-loss * tokens / size)
        assert drawn.answer == pytest.approx(-math.log2(probability_of_a_byte))


def test_twelve_of_a_hundred_tokens_are_masked() -> None:
    for drawn in drawings("bert_masked_tokens"):
        batch, tokens = integers(drawn, "B", "S")
        assert drawn.answer == pytest.approx(batch * tokens * 12 / 100)


def test_the_embedding_part_of_a_bert_is_that_of_the_library() -> None:
    for drawn in drawings("bert_embedding_parameters", SLOW_TO_BUILD):
        width, vocabulary, context = integers(drawn, "d", "V", "T")
        config = BertConfig(vocab_size=vocabulary, hidden_size=width, max_position_embeddings=context)
        with torch.device("meta"):
            assert drawn.answer == count(BertEmbeddings(config))  # type: ignore[no-untyped-call]  # transformers annotates only in part


def test_a_classifier_is_one_linear_layer() -> None:
    for drawn in drawings("bert_classifier_parameters"):
        width, classes = integers(drawn, "d", "K")
        assert drawn.answer == count(torch.nn.Linear(width, classes, device="meta"))


def corrupted(tokens: int, lengths: list[int]) -> tuple[list[int], list[int]]:
    """Input and target, with sentinels as negative numbers, for spans spread over a text."""
    gap = (tokens - sum(lengths)) // len(lengths)
    assert gap >= 1, "spans must not touch"
    text, source, target = list(range(tokens)), list[int](), list[int]()
    for number, length in enumerate(lengths, start=1):
        source += [*text[:gap], -number]
        target += [-number, *text[gap : gap + length]]
        text = text[gap + length :]
    return source + text, [*target, -len(lengths) - 1]


def test_a_target_lists_what_was_dropped_behind_its_sentinels() -> None:
    for drawn in drawings("t5_target_length"):
        tokens, spans, noise = integers(drawn, "N", "spans", "noise")
        lengths = [noise // spans + (index < noise % spans) for index in range(spans)]
        assert sum(lengths) == noise
        if noise + spans <= tokens:
            assert drawn.answer == len(corrupted(tokens, lengths)[1])


def test_an_input_keeps_one_sentinel_for_each_span() -> None:
    for drawn in drawings("t5_input_length"):
        tokens, rate, mean, noise, spans = integers(drawn, "N", "rate", "mean", "noise", "spans")
        assert noise * 100 == tokens * rate
        assert drawn.answer == len(corrupted(tokens, [mean] * spans)[0])


def test_position_biases_are_shared_by_the_layers() -> None:
    for drawn in drawings("t5_bias_parameters", SLOW_TO_BUILD):
        layers, heads, buckets, size = integers(drawn, "L", "h", "buckets", "dh")
        config = T5Config(d_model=8, d_kv=size, d_ff=8, num_layers=layers, num_heads=heads, vocab_size=8)
        config.relative_attention_num_buckets = buckets
        with torch.device("meta"):
            stack = T5Stack(config)
        biases = [p for name, p in stack.named_parameters() if "relative_attention_bias" in name]
        assert drawn.answer == sum(bias.numel() for bias in biases)


def test_examples_are_put_in_until_the_window_is_full() -> None:
    for drawn in drawings("shots_in_context", 50):
        window, example, question, answer = integers(drawn, "T", "e", "q", "a")
        shots = 0
        while (shots + 1) * example + question + answer <= window:
            shots += 1
        assert drawn.answer == shots


def test_a_gated_layer_has_three_matrices() -> None:
    for drawn in drawings("swiglu_parameters"):
        width, hidden = integers(drawn, "d", "h")
        assert drawn.answer == sum(rows * columns for rows, columns in [(width, hidden)] * 2 + [(hidden, width)])


def test_a_pair_is_counted_in_every_word() -> None:
    for drawn in drawings("pair_count"):
        words = ("low", "lower", "newest", "widest")
        assert drawn.answer == sum(
            word.count("we") * n for word, n in zip(words, integers(drawn, *"abcd"), strict=True)
        )


def test_a_sequence_rests_on_one_document_and_a_token_may_rest_on_another() -> None:
    for drawn in drawings("rag_sequence", 50):
        a, b, c, d = numbers(drawn, *"abcd")
        documents, tokens = torch.tensor(numbers(drawn, "p", "r")), torch.tensor([[a, b], [c, d]])
        assert drawn.answer == pytest.approx(float((documents * tokens.prod(dim=1)).sum()))
        assert drawn.mistakes["token"] == pytest.approx(float((documents[:, None] * tokens).sum(dim=0).prod()))


def test_a_ranking_gives_every_pair_once() -> None:
    for drawn in drawings("ranked_comparisons"):
        assert drawn.answer == math.comb(integers(drawn, "K")[0], 2)


def test_the_loss_of_a_preference_is_that_of_a_logistic_regression() -> None:
    for drawn in drawings("preference_loss", 50):
        chosen, other = numbers(drawn, "w", "l")
        loss = -torch.nn.functional.logsigmoid(torch.tensor(chosen - other, dtype=torch.float64))
        assert drawn.answer == pytest.approx(loss.item())
