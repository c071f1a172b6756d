"""Submissions whose answers pretend to be what they are not."""

from __future__ import annotations

from tests.gpu_runner.attack import Attack

ANSWERS = [
    Attack("NaN everywhere", "failed", "def double(x):\n    return x * float('nan')\n", "not finite"),
    Attack("infinity", "failed", "def double(x):\n    return x / 0\n", "not finite"),
    Attack("a broadcastable row", "failed", "def double(x):\n    return 2 * x[:1]\n", "shape"),
    Attack("a scalar", "failed", "def double(x):\n    return (2 * x).sum()\n", "shape"),
    Attack("an expanded tensor with a wrong value", "failed", "def double(x):\n    return (2 * x[:1]).expand_as(x)\n"),
    Attack("a strided but right tensor", "passed", "def double(x):\n    return (2 * x).t().contiguous().t()\n"),
    Attack("a right tensor that requires grad", "passed", "def double(x):\n    return 2 * x.requires_grad_()\n"),
    Attack("float64", "failed", "def double(x):\n    return 2 * x.double()\n", "dtype"),
    Attack("float16", "failed", "def double(x):\n    return 2 * x.half()\n", "dtype"),
    Attack("complex", "failed", "import torch\ndef double(x):\n    return 2 * x.to(torch.complex64)\n", "dtype"),
    Attack("a list of numbers", "error", "def double(x):\n    return (2 * x).tolist()\n", "expected a tensor"),
    Attack("None", "error", "def double(x):\n    pass\n", "None"),
    Attack("numpy", "error", "def double(x):\n    return (2 * x).numpy()\n", "ndarray"),
    Attack("a Parameter", "error", "import torch\ndef double(x):\n    return torch.nn.Parameter(2 * x)\n", "Parameter"),
    Attack(
        "a subclass with a lying ==",
        "error",
        """
import torch
class Agreeable(torch.Tensor):
    def __eq__(self, other): return True
    def __sub__(self, other): return torch.zeros(())
def double(x):
    return x.as_subclass(Agreeable)
""",
    ),
    Attack("a sparse tensor", "error", "def double(x):\n    return (2 * x).to_sparse()\n", "dense"),
    Attack(
        "a view with the negative bit", "passed", "import torch\ndef double(x):\n    return torch._neg_view(-2 * x)\n"
    ),
    Attack(
        "a terabyte by expanding one number",
        "memory limit error",
        "import torch\ndef double(x):\n    return torch.zeros(1).expand(1 << 40)\n",
    ),
    Attack(
        "a quantized tensor",
        "error",
        "import torch\ndef double(x):\n    return torch.quantize_per_tensor(2 * x, 0.1, 0, torch.qint8)\n",
    ),
    Attack(
        "an object that claims to be a tensor",
        "error",
        """
import torch
class Liar:
    __class__ = torch.Tensor
    def __getattr__(self, name): return getattr(torch.zeros(1), name)
def double(x):
    return Liar()
""",
        "exactly",
    ),
    Attack("a tensor of one value for a scalar", "failed", "def double(x):\n    return 2 * x.flatten()[:1]\n", "shape"),
    Attack("a meta tensor", "error", "def double(x):\n    return x.to('meta')\n", "CPU"),
    Attack(
        "a huge shape without elements", "failed", "import torch\ndef double(x):\n    return torch.empty(0, 2**40)\n"
    ),
    Attack("a cyclic list", "error", "def double(x):\n    a = []\n    a.append(a)\n    return a\n", "nested"),
    Attack("a huge integer", "error", "def double(x):\n    return 10 ** 10000\n"),
    Attack("text of lone surrogates and NULs", "error", "def double(x):\n    return '\\ud800\\0' * 10\n"),
    Attack("an exception of surrogates and NULs", "error", "def double(x):\n    raise ValueError('\\ud800\\0')\n"),
    Attack(
        "a hostile __str__",
        "error",
        """
class Nasty(Exception):
    def __str__(self): raise SystemExit(0)
def double(x):
    raise Nasty
""",
    ),
    Attack(
        "a hostile __str__ that never ends",
        "timeout",
        """
class Nasty(Exception):
    def __str__(self):
        while True: pass
def double(x):
    raise Nasty
""",
    ),
    Attack(
        "a hostile metaclass",
        "error no_result",
        """
class Meta(type):
    def __getattribute__(cls, name): raise RuntimeError("no")
class Nasty(Exception, metaclass=Meta): pass
def double(x):
    raise Nasty
""",
    ),
    Attack("BaseException", "error", "class Mine(BaseException): pass\ndef double(x):\n    raise Mine('x')\n", "Mine"),
    Attack("recursion", "error", "def double(x):\n    return double(x)\n", "RecursionError"),
    Attack("no entry point", "error", "def tripple(x):\n    return x\n", "does not define"),
    Attack("a syntax error", "error", "def double(x:\n", "SyntaxError"),
    Attack("source that overflows the parser", "error crash", "double = " + "(" * 5000 + ")" * 5000 + "\n"),
    Attack("an entry point that is not callable", "error", "double = 5\n", "callable"),
]
