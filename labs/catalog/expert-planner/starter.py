"""A planner of experts. Write the two parts; the README says what each must do."""

from collections.abc import Callable

from torch import Tensor


class Planner:
    """Reads a prompt and says which expert to load and which digit to ask it for."""

    def fit(self, prompts: list[str], digits: list[int]) -> None:
        """Learn which digit each prompt asks for."""
        raise NotImplementedError("TODO 2: Planner.fit; count words and pairs of words, then a linear classifier")

    def plan(self, prompt: str) -> tuple[str, int]:
        """Which expert to load, "low" for 0 to 4 and "high" for 5 to 9, and which digit to ask it for."""
        raise NotImplementedError("TODO 3: Planner.plan; the likeliest digit, and the expert that draws it")


def draw(plan: Callable[[str], tuple[str, int]], store: object, prompts: list[str], noise: Tensor) -> Tensor:
    """A picture for each prompt, in their order, with one expert in memory at a time: noise (N, 64) -> (N, 64)."""
    raise NotImplementedError("TODO 1: draw; plan all prompts first, then load each expert that is needed once")
