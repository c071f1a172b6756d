"""How the checks reach your file: every function gets your module as `learner`, and makes the base anew.

Adapters come and go as files in a folder of their own; what stands in a file of yours goes back as bytes, to be read
outside.
"""

import tempfile
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

Weights = dict[str, Tensor]
Case = dict[str, Any]
"""config and weights of the base; names, files' tensors, rank and alpha of the adapters."""

warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers for a property by its old name


def base_of(case: Case) -> LlamaForCausalLM:
    base = LlamaForCausalLM(
        LlamaConfig(**case["config"], tie_word_embeddings=False, attn_implementation="eager", use_cache=False)
    )
    base.load_state_dict(case["weights"])
    return base.eval()


def given(learner: ModuleType, case: Case) -> Any:
    """Your model, with every adapter that the case has tensors for loaded from a file."""
    model = learner.attach(base_of(case), list(case["names"]), case["rank"], case["alpha"])
    with tempfile.TemporaryDirectory() as folder:
        for name, state in case["states"].items():
            path = Path(folder) / f"{name}.safetensors"
            save_file(state, path)
            learner.load(model, name, str(path))
    return model


def saved(learner: ModuleType, model: Any, names: list[str]) -> dict[str, Tensor]:
    """What your files hold, as bytes."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            path = Path(folder) / "adapter.safetensors"
            learner.save(model, name, str(path))
            found[name] = torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.uint8)
            path.unlink()
    return found


@torch.no_grad()
def logits(model: Any, ids: Tensor) -> Tensor:
    return model(input_ids=ids).logits.clone()


def trainable(model: Any) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def files(learner: ModuleType, case: Case, on: str) -> dict[str, Tensor]:
    """All adapters saved, while one of them is switched on."""
    model = given(learner, case)
    learner.switch(model, on)
    return saved(learner, model, case["names"])


def switched(learner: ModuleType, case: Case, turns: list[str | None], ids: Tensor) -> dict[str, list[Any]]:
    """The same tokens after each of several switches, and how many numbers could be trained then."""
    model = given(learner, case)
    found: dict[str, list[Any]] = {"logits": [], "trainable": []}
    for name in turns:
        learner.switch(model, name)
        found["logits"].append(logits(model, ids))
        found["trainable"].append(trainable(model))
    return found


def walk(
    learner: ModuleType, case: Case, name: str, batches: list[Tensor], lr: float, momentum: float, ids: Tensor
) -> dict[str, Any]:
    """Steps of SGD on one adapter; then all files, and the base before, and after with nothing switched on."""
    before = logits(base_of(case), ids)
    model = given(learner, case)
    learner.switch(model, name)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.SGD(parameters, lr=lr, momentum=momentum)
    losses = [float(learner.train_step(model, optimiser, batch)) for batch in batches]
    after = saved(learner, model, case["names"])
    learner.switch(model, None)
    return {"losses": torch.tensor(losses), "files": after, "before": before, "off": logits(model, ids)}


def merge(learner: ModuleType, case: Case, name: str, on: str, ids: Tensor) -> dict[str, Any]:
    """A merged copy's own weights; then what the model answers, whose adapters should all be there still."""
    model = given(learner, case)
    learner.switch(model, on)
    plain = learner.merged(model, name)
    found = {"kind": type(plain).__name__, "state": dict(plain.state_dict()), "still": logits(model, ids)}
    learner.switch(model, None)
    return {**found, "off": logits(model, ids)}


def mixed(learner: ModuleType, case: Case, weights: dict[str, float], ids: Tensor) -> Tensor:
    """What the model answers right after a mixture was made."""
    model = given(learner, case)
    learner.mix(model, dict(weights), "mixture")
    return logits(model, ids)


def learn(learner: ModuleType, case: Case, texts: dict[str, Tensor]) -> dict[str, Tensor]:
    """Train one adapter after the other on one model: all files."""
    model = given(learner, case)
    for name, rows in texts.items():
        learner.train(model, name, rows)
    return saved(learner, model, case["names"])
