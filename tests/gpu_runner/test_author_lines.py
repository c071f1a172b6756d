"""Each one-line check says yes to a right answer and names what is wrong with a wrong one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gpu_runner.protocol import CheckResult, Verdict
from tests.gpu_runner.conftest import Judge

pytestmark = pytest.mark.sandbox
HEAD = """
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
"""
CHECK_HEAD = """
import torch
from gpu_runner.checking import Lab, Misconception, check, watched
def attention(q, k, v): return torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1) @ v
def unscaled(q, k, v): return torch.softmax(q @ k.mT, -1) @ v
def linear(w, x): return x @ w["a"].mT + w["b"]
MISTAKES = [Misconception("unscaled", "attention without 1/√d", unscaled)]
@check("values")
def it_is_right(lab: Lab) -> None:
"""


@dataclass(frozen=True)
class Line:
    """One line of a check, a source that passes it, and sources that do not, each with what the report must say."""

    check: str
    right: str
    wrong: dict[str, str]


def function(body: str) -> str:
    return f"{HEAD}def double(*args):\n    {body}\n"


def layer(build: str, load: str = "m.a.data, m.b.data = w['a'], w['b']", run: str = "x @ self.a.mT + self.b") -> str:
    return f"""{HEAD}
double = None
class Layer(nn.Module):
    def __init__(self, d, e):
        super().__init__()
        {build}
    def forward(self, x):
        return {run}
def load_weights(m, w):
    {load}
"""


BUILD = "self.a, self.b = nn.Parameter(torch.zeros(e, d)), nn.Parameter(torch.zeros(e))"
ATTENTION = function("q, k, v = args; return torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1) @ v")
LINES = {
    "gradients": Line(
        """
    q, k, v = lab.normal("B T D", count=3)
    lab.gradients_agree("double", attention, by={"q": q, "k": k, "v": v}, axes="B T D", misconceptions=MISTAKES)
""",
        ATTENTION,
        {
            function("q, k, v = args; return torch.softmax(q @ k.mT, -1) @ v"): (
                "Your answer equals the gradient of attention without 1/√d"
            ),
            function("q, k, v = args; return torch.softmax(q @ k.detach().mT / q.shape[-1] ** 0.5, -1) @ v"): (
                "This is the gradient by `k`."
            ),
            function("return scaled_dot_product_attention(*args).detach()"): "This is the gradient by `q`.",
            function("return scaled_dot_product_attention(*args)[0]"): "The shape is",
        },
    ),
    "gradients of a class": Line(
        """
    lab.fix(D=3, E=4)
    weights, x = lab.weights(a="E D", b="E"), lab.normal("B D")
    options = {"config": {"d": 3, "e": 4}, "weights": weights}
    lab.gradients_agree("Layer", linear, by={"x": x}, axes="B E", **options)
""",
        layer(BUILD),
        {layer(BUILD, run="x.detach() @ self.a.mT + self.b"): "This is the gradient by `x`."},
    ),
    "leak": Line(
        """
    lab.no_leak(lambda x: lab.call("double", x), lab.normal("B T D"), axes="B T D", along="T")
""",
        function("return args[0].cumsum(1)"),
        {
            function("x = args[0]; return x.cumsum(1) + 0.5 * x.mean(1, keepdim=True)"): (
                "later positions leak into earlier ones"
            ),
            function("return torch.zeros_like(args[0])"): "did not move, though the input there had changed",
        },
    ),
    "parity": Line(
        """
    lab.fix(D=3, E=4)
    weights, x = lab.weights(a="E D", b="E"), lab.normal("B D")
    forgot = Misconception("no-bias", "the product without b", lambda w, x: x @ w["a"].mT)
    options = {"config": {"d": 3, "e": 4}, "misconceptions": [forgot]}
    lab.parity("Layer", linear, weights=weights, on=(x,), axes="B E", **options)
""",
        layer(BUILD),
        {
            layer(BUILD, load="m.a.data = w['a']"): "Your answer equals the product without b",
            layer(BUILD, load="m.a.data, m.b.data = w['a'].flip(0), w['b']"): "differ from the reference",
        },
    ),
    "parameters": Line(
        """
    lab.measures("Parameters", lab.parameters("Layer", d=3, e=4), exactly=16)
""",
        layer(BUILD + "; self.tied = self.a; self.fixed = nn.Parameter(torch.ones(9), requires_grad=False)"),
        {layer(BUILD + "; self.c = nn.Parameter(torch.ones(7))"): "Parameters: 23; expected exactly 16."},
    ),
    "saved bytes": Line(
        """
    x = lab.normal("8 8")
    lab.measures("Bytes kept", lab.kept_bytes("double", x), at_most=256)
""",
        function("return args[0].tanh() * 2"),
        {
            function("return (args[0].tanh() * 2).exp().sin()"): "Bytes kept: 512; expected at most 256.",
            HEAD
            + """
KEPT = []
def double(x):
    KEPT.extend([x * 2, x * 3])  # a saved-tensor hook would not see these
    return x * 2
""": "Bytes kept: 512; expected at most 256.",
        },
    ),
    "flops": Line(
        """
    q, k, v = lab.normal("1 4 8", count=3)
    lab.measures("Operations", lab.flops("double", q, k, v), at_most=watched(attention, q, k, v)["flops"])
""",
        function("return scaled_dot_product_attention(*args)"),
        {
            function(
                "q, k, v = args; return torch.softmax(q @ k.mT / 8 ** 0.5, -1) @ v + q @ (k.mT @ v)"
            ): "Operations: "
        },
    ),
    "peak memory": Line(
        """
    out = lab.call("double", lab.normal("A B"))
    lab.measures("Peak memory, in MiB", out.peak_mb, at_most=48)
""",
        function("return [torch.ones(2**20).sum().item() for _ in range(16)][0]"),  # 4 MiB each, one at a time
        {
            HEAD
            + """
import time
def double(x):
    held = [torch.ones(2**20) for _ in range(16)]
    time.sleep(0.2)  # without control groups memory is looked at now and then
    return len(held)
""": "Peak memory, in MiB: ",
        },
    ),
    "metric": Line(
        """
    out = lab.call("double", lab.normal("A B"))
    lab.measures("Accuracy", out.number(), at_least=0.9, hint="Train for longer.")
""",
        function("return 0.9"),
        {function("return 0.85"): "Accuracy: 0.85; expected at least 0.9. Train for longer."},
    ),
}
WRONG = [
    pytest.param(line.check, source, says, id=f"{name} {at}")
    for name, line in LINES.items()
    for at, (source, says) in enumerate(line.wrong.items())
]


def judged(judge: Judge, check: str, source: str) -> CheckResult:
    (result,) = judge(source, (CHECK_HEAD + check).encode()).checks
    return result


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_a_right_answer_passes(judge: Judge, line: Line) -> None:
    result = judged(judge, line.check, line.right)
    assert (result.verdict, result.message) == (Verdict.PASSED, "")


@pytest.mark.parametrize(("check", "source", "says"), WRONG)
def test_a_wrong_answer_is_named(judge: Judge, check: str, source: str, says: str) -> None:
    result = judged(judge, check, source)
    assert result.verdict is Verdict.FAILED, result.message
    assert says in result.message
