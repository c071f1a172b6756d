"""What the style page shows: one sample of every component."""

from __future__ import annotations

from typing import Final

from django import forms

from residual.ui.charts import Part

CODE: Final = '''def attention(q, k, v):
    """Scaled dot-product attention. q, k, v: (B, H, T, D)."""
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # (B, H, T, T)
    return scores.softmax(dim=-1) @ v
'''


# As Temml writes it: with a table, a prime, padding and a display style.
FORMULA: Final = (
    '<math display="block" class="tml-display"><mrow><msup><mi>x</mi><mo class="tml-prime">′</mo></msup><mo>=</mo>'
    '<mi>x</mi><mo>+</mo><mi>softmax</mi><mo stretchy="false">(</mo><mfrac><mrow><mi>Q</mi><msup><mi>K</mi>'
    '<mi class="tml-sml-pad">⊤</mi></msup></mrow><msqrt><mi>d</mi></msqrt></mfrac><mo stretchy="false">)</mo><mi>V</mi>'
    "</mrow></math>"
)


class SampleForm(forms.Form):
    name = forms.CharField(help_text="Shown on your pages.")
    level = forms.ChoiceField(choices=[("a", "Beginner"), ("b", "Practitioner")], required=False)
    wrong = forms.EmailField()
    agree = forms.BooleanField(label="Send me a summary each Sunday", required=False)


def samples() -> dict[str, object]:
    form = SampleForm({"name": "Ada", "wrong": "not an address"})
    form.is_valid()
    parts = [
        Part("Labs", 60, 42.5),
        Part("Quiz learned", 15, 15),
        Part("Quiz kept", 10, 0),
        Part("Readings, theory and journal", 15, 5),
    ]
    return {"form": form, "code": CODE, "formula": FORMULA, "parts": parts}
