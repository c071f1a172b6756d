"""What people get wrong about decoding: the reference with one ingredient changed."""

from reference import Choice, Model

MODELS = [
    ("not-causal", "logits of tokens that see the future", Model(sees=lambda past, _, tokens: slice(0, past + tokens))),
    (
        "itself-hidden",
        "logits of tokens that do not see themselves",
        Model(sees=lambda s, t, _: slice(0, max(1, s + t))),
    ),
    ("position-zero", "logits whose positions start at 0 again", Model(place=lambda _, t: t)),
    ("position-late", "logits whose positions are one too high", Model(place=lambda past, t: past + t + 1)),
    ("past-ignored", "logits that ignore the cache", Model(sees=lambda s, t, _: slice(s, s + t + 1))),
    ("mask-not-shifted", "logits with a causal mask that is not shifted", Model(sees=lambda _s, t, _: slice(0, t + 1))),
    ("unscaled", "logits of attention without the root of the width", Model(scale=0.0)),
]
CHOICES = [
    ("multiplied", "probabilities of logits times temperature", Choice(hot=-1.0)),
    ("crossing-dropped", "a set without the token that crosses p", Choice(crossing=False)),
    ("not-renormalised", "probabilities that no longer sum to one", Choice(renormalised=False)),
    ("temperature-last", "top-p before the temperature", Choice(late=True)),
]
