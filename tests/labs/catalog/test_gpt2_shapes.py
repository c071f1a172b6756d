"""What only the lab `gpt2-shapes` needs: its examples by hand, and that the library itself agrees with the formulas."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import Tensor

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "gpt2-shapes"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]


@pytest.fixture(scope="module")
def inside() -> ModuleType:
    return module_from(LAB / "solution.py")


@pytest.fixture(scope="module")
def probe() -> ModuleType:
    return module_from(LAB / "probe.py")


def test_the_examples_worked_by_hand_in_the_readme_are_right(inside: ModuleType, probe: ModuleType) -> None:
    small = probe.gpt2_config({})  # the library's defaults are GPT-2 small

    table = inside.shapes(small, 2, 5, 3)

    assert inside.count_parameters(small) == 124_439_808
    assert inside.count_parameters(small) + 50257 * 768 == 163_037_184
    assert table["scores"] == [2, 12, 5, 8]
    assert table["queries"] == [2, 12, 5, 64]
    assert table["cache"] == [2, 12, 2, 12, 8, 64]
    assert table["logits"] == [2, 5, 50257]


def test_the_library_builds_what_the_configuration_says(inside: ModuleType, probe: ModuleType) -> None:
    drawing, checks = module_from(LAB / "drawing.py"), module_from(LAB / "checks.py")
    config, weights = drawing.draw_gpt2(Lab(cast("Port", None), 3))  # drawing needs no sandbox
    model: Any = probe.gpt2(config, weights)

    first = model(torch.zeros(2, 4, dtype=torch.long), use_cache=True)
    out = model(torch.ones(2, 5, dtype=torch.long), past_key_values=first.past_key_values, output_hidden_states=True)

    shapes = checks.expected_shapes(config, 2, 5, 4)
    assert sum(p.numel() for p in model.parameters()) == inside.count_parameters(model.config)
    assert list(torch.stack(out.hidden_states).shape) == shapes["hidden_states"]
    assert list(out.logits.shape) == shapes["logits"]
    pairs = [torch.stack([layer.keys, layer.values]) for layer in out.past_key_values.layers]
    assert list(torch.stack(pairs, 1).shape) == shapes["cache"]
    assert {name: list(shape) for name, shape in inside.shapes(model.config, 2, 5, 4).items()} == shapes


@pytest.mark.parametrize("seed", range(3))
def test_the_library_agrees_with_the_formulas(probe: ModuleType, seed: int) -> None:
    drawing, reference = module_from(LAB / "drawing.py"), module_from(LAB / "reference.py")
    lab = Lab(cast("Port", None), seed)
    config, weights = drawing.draw_gpt2(lab)
    ids, mask = drawing.draw_ids(lab), drawing.draw_padding(lab)
    encoder, arrays = drawing.draw_bert(lab)

    logits = reference.GPT2(config["n_head"], config["n_layer"])(in_double(weights), ids)["lm_head"]
    states = reference.bert(in_double(arrays), ids, mask, encoder["num_attention_heads"], 2)

    with torch.no_grad():
        assert torch.allclose(probe.gpt2(config, weights)(ids).logits.double(), logits, atol=1e-4)
        found = probe.bert(encoder, arrays)(input_ids=ids, attention_mask=mask).last_hidden_state
    assert torch.allclose(found.double()[mask.bool()], states[mask.bool()], atol=1e-4)


@pytest.mark.parametrize("tokens", [3, 40])
def test_t5s_table_of_distances_is_the_librarys(probe: ModuleType, tokens: int) -> None:
    own = module_from(LAB / "encoder_decoder.py")
    config = {"vocab_size": 9, "d_model": 6, "d_kv": 3, "d_ff": 8, "num_layers": 1, "num_heads": 2}
    model = probe.T5ForConditionalGeneration(probe.T5Config(**config))
    for stack, both_ways in ((model.encoder, True), (model.decoder, False)):
        layer = stack.block[0].layer[0].SelfAttention
        theirs = layer.compute_bias(tokens, tokens)[0]
        assert torch.equal(own.position_bias(layer.relative_attention_bias.weight, tokens, both_ways=both_ways), theirs)


def in_double(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: array.double() for name, array in weights.items()}


def test_every_known_mistake_of_attention_has_an_answer_of_its_own() -> None:
    drawing, reference = module_from(LAB / "drawing.py"), module_from(LAB / "reference.py")
    lab = Lab(cast("Port", None), 5)
    config, weights = drawing.draw_gpt2(lab)
    model, exact, ids = reference.GPT2(config["n_head"], config["n_layer"]), in_double(weights), drawing.draw_ids(lab)
    found = {m.id: m.fn() for m in module_from(LAB / "misconceptions.py").of_attention(model, exact, ids, 1)}
    found["right"] = model(exact, ids)["transformer.h.1.attn.probabilities"]

    names = [name for name, answer in found.items() if answer.shape == found["right"].shape]
    assert len(names) >= 9
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            assert (found[one] - found[other]).abs().max() > 1e-2, f"{one} cannot be told from {other}"
