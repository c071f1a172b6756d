"""LoRA around a linear layer. The README holds the contract; five places are marked TODO."""

from torch import Tensor, nn


class LoRALinear(nn.Module):
    """A frozen `base` (nn.Linear, in to out) plus `alpha / rank` times B·A, of rank `rank` (r)."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.base = base
        self.rank = rank
        self.alpha = alpha
        # TODO 1: freeze the base; make A (r, in), random, and B (out, r), zero, as parameters.

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, in) -> (B, T, out)."""
        raise NotImplementedError("TODO 2: add the adapter's part to self.base(x) in LoRALinear.forward")

    def merge(self) -> None:
        """Put the adapter into base.weight; a second call changes nothing."""
        raise NotImplementedError("TODO 3: write LoRALinear.merge")

    def unmerge(self) -> None:
        """Take the adapter out of base.weight again; without a merge before, nothing changes."""
        raise NotImplementedError("TODO 4: write LoRALinear.unmerge")


def load_adapter(layer: LoRALinear, a: Tensor, b: Tensor) -> None:
    """Copy A (r, in) and B (out, r) into your own parameters, whatever you called them."""
    raise NotImplementedError("TODO 5: copy a and b under torch.no_grad() in load_adapter")
