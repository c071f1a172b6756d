"""Small configurations of GPT-2, BERT and T5, and weights by Hugging Face's names, drawn so that mistakes show."""

from torch import Tensor

from gpu_runner.checking import Lab
from reference import Weights

Config = dict[str, int]


def draw_sizes(lab: Lab) -> None:
    """B rows of S tokens, H heads, width D, hidden width F, a vocabulary of V: distinct, and one for all of a check."""
    if "D" in lab.axes.sizes:
        return
    heads, width = lab.random.randint(3, 4), lab.random.randint(5, 8)
    lab.fix(L=lab.random.choice([5, 6]), B=2, H=heads, D=heads * width)
    lab.dims("S T F V P", S=(7, 9), T=(10, 12), F=(50, 70), V=(80, 90), P=(14, 18))


def draw_gpt2(lab: Lab, layers: int = 3) -> tuple[Config, Weights]:
    draw_sizes(lab)
    lab.fix(F3=3 * lab.size("D"))
    config = {"vocab_size": lab.size("V"), "n_positions": lab.size("P"), "n_embd": lab.size("D")}
    config |= {"n_layer": layers, "n_head": lab.size("H"), "n_inner": lab.size("F")}
    weights = {"transformer.wte.weight": lab.normal("V D"), "transformer.wpe.weight": lab.normal("P D")}
    for i in range(layers):
        name = f"transformer.h.{i}"
        weights |= draw_norm(lab, f"{name}.ln_1") | draw_norm(lab, f"{name}.ln_2")
        for part, axes in [("attn.c_attn", "D F3"), ("attn.c_proj", "D D"), ("mlp.c_fc", "D F"), ("mlp.c_proj", "F D")]:
            weights |= draw_map(lab, f"{name}.{part}", axes, ins=axes.split()[0], outs=axes.split()[1])
    return config, weights | draw_norm(lab, "transformer.ln_f")


def draw_bert(lab: Lab, layers: int = 2) -> tuple[Config, Weights]:
    draw_sizes(lab)
    config = {"vocab_size": lab.size("V"), "max_position_embeddings": lab.size("P"), "hidden_size": lab.size("D")}
    config |= {"num_hidden_layers": layers, "num_attention_heads": lab.size("H"), "intermediate_size": lab.size("F")}
    weights = {
        f"embeddings.{name}_embeddings.weight": lab.normal(axes)
        for name, axes in [("word", "V D"), ("position", "P D"), ("token_type", "2 D")]
    }
    weights |= draw_norm(lab, "embeddings.LayerNorm")
    for i in range(layers):
        name = f"encoder.layer.{i}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            weights |= draw_map(lab, f"{name}.{part}", "D D", ins="D", outs="D")
        weights |= draw_map(lab, f"{name}.intermediate.dense", "F D", ins="D", outs="F")
        weights |= draw_map(lab, f"{name}.output.dense", "D F", ins="F", outs="D")
        weights |= draw_norm(lab, f"{name}.attention.output.LayerNorm") | draw_norm(lab, f"{name}.output.LayerNorm")
    return config, weights | draw_map(lab, "pooler.dense", "D D", ins="D", outs="D")


def draw_t5(lab: Lab, layers: int = 2) -> tuple[Config, Weights]:
    draw_sizes(lab)
    lab.fix(W=5, HW=5 * lab.size("H"))
    config = {"vocab_size": lab.size("V"), "d_model": lab.size("D"), "d_kv": 5, "d_ff": lab.size("F")}
    config |= {"num_layers": layers, "num_decoder_layers": layers, "num_heads": lab.size("H")}
    weights = {"shared.weight": lab.normal("V D")}
    for side, kinds in [("encoder", ["SelfAttention"]), ("decoder", ["SelfAttention", "EncDecAttention"])]:
        weights[f"{side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = lab.normal("32 H")
        weights[f"{side}.final_layer_norm.weight"] = 1 + lab.normal("D", scale=0.3)
        for i in range(layers):
            at = f"{side}.block.{i}.layer"
            weights |= draw_t5_layers(lab, at, kinds)
    return config, weights


def draw_t5_layers(lab: Lab, at: str, kinds: list[str]) -> Weights:
    weights = {f"{at}.{n}.layer_norm.weight": 1 + lab.normal("D", scale=0.3) for n in range(len(kinds) + 1)}
    for n, kind in enumerate(kinds):
        for part in "qkv":  # without a division by the root of the width: scores are kept of order one here
            weights[f"{at}.{n}.{kind}.{part}.weight"] = lab.normal(
                "HW D", scale=(0.6 if part != "v" else 1) * root(lab)
            )
        weights[f"{at}.{n}.{kind}.o.weight"] = lab.normal("D HW", scale=0.3)
    last = f"{at}.{len(kinds)}.DenseReluDense"
    return weights | {
        f"{last}.wi.weight": lab.normal("F D", scale=root(lab)),
        f"{last}.wo.weight": lab.normal("D F", scale=0.2),
    }


def root(lab: Lab) -> float:
    return lab.size("D") ** -0.5


def draw_map(lab: Lab, name: str, axes: str, *, ins: str, outs: str) -> Weights:
    return {
        f"{name}.weight": lab.normal(axes, scale=1.3 * lab.size(ins) ** -0.5),
        f"{name}.bias": lab.normal(outs, scale=0.3),
    }


def draw_norm(lab: Lab, name: str) -> Weights:
    return {f"{name}.weight": 1 + lab.normal("D", scale=0.3), f"{name}.bias": lab.normal("D", scale=0.3)}


def draw_ids(lab: Lab, axes: str = "B S") -> Tensor:
    return lab.integers(axes, low=0, high=lab.size("V"))


def draw_padding(lab: Lab, axes: str = "B S") -> Tensor:
    """A mask of ones with one to three zeros at the end of each row, a different number in each: (B, S)."""
    mask = lab.integers(axes, low=1, high=2)
    for row, pads in enumerate(lab.random.sample([1, 2, 3], len(mask))):
        mask[row, -pads:] = 0
    return mask
