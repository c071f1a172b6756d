"""Numbers for parameterised questions: pure functions from a seed to fields, the answer, and foreseeable mistakes.

One module per theme; each ends with the tuple of its generators, and a new one is entered below. Every draw keeps its
sizes apart and above one, so that no wrong reading of the question gives the right number by luck. Answers vary: no
answer makes up more than 5 % of 2,000 draws (tested).
"""

from __future__ import annotations

from random import Random
from typing import Final

from curriculum.generators.adversarial import ADVERSARIAL
from curriculum.generators.attention import ATTENTION
from curriculum.generators.autoencoding import AUTOENCODING
from curriculum.generators.convolution import CONVOLUTION
from curriculum.generators.diffusion import DIFFUSION
from curriculum.generators.drawing import Answer, Draw, Generator, NoDrawError
from curriculum.generators.embeddings import EMBEDDINGS
from curriculum.generators.evaluation import EVALUATION
from curriculum.generators.guidance import GUIDANCE
from curriculum.generators.language import LANGUAGE
from curriculum.generators.levels import LEVELS
from curriculum.generators.lora import LORA
from curriculum.generators.memory import MEMORY
from curriculum.generators.moe import MOE
from curriculum.generators.pytorch import PYTORCH
from curriculum.generators.quantisation import QUANTISATION
from curriculum.generators.recurrent import RECURRENT
from curriculum.generators.routing import ROUTING
from curriculum.generators.scaling import SCALING
from curriculum.generators.scores import SCORES
from curriculum.generators.video import VIDEO
from curriculum.generators.vision import VISION
from curriculum.generators.windows import WINDOWS

__all__ = ["GENERATORS", "Answer", "Draw", "Generator", "NoDrawError", "draw"]

THEMES: Final = (
    ADVERSARIAL,
    ATTENTION,
    AUTOENCODING,
    CONVOLUTION,
    DIFFUSION,
    EMBEDDINGS,
    EVALUATION,
    GUIDANCE,
    LANGUAGE,
    LEVELS,
    LORA,
    MEMORY,
    MOE,
    PYTORCH,
    QUANTISATION,
    RECURRENT,
    ROUTING,
    SCALING,
    SCORES,
    VIDEO,
    VISION,
    WINDOWS,
)
GENERATORS: Final[dict[str, Generator]] = {generator.__name__: generator for theme in THEMES for generator in theme}


def draw(name: str, seed: int) -> Draw:
    """The drawing of generator `name` for this seed.

    Raises KeyError for a name that is not in GENERATORS, NoDrawError where the generator finds no fit numbers.
    """
    return GENERATORS[name](Random(f"{name}:{seed}"))  # noqa: S311 - numbers for exercises, not secrets
