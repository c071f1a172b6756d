"""The components as template tags: `{% load ui %}`. docs/design-system.md shows each with its markup."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django import template
from django.forms import BoundField
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from residual.ui import charts
from residual.ui.highlight import highlighted, highlighted_lines
from residual.ui.icons import ICONS
from residual.ui.themes import chosen_theme

register = template.Library()

CONTENT_LANGUAGE = "en"  # of labs, quizzes and the plan, which are not translated
_CALLOUT_ICONS = {"info": "info", "good": "done", "warn": "alert", "bad": "alert"}
_STATUSES = {
    "planned": ("", "circle", _("Planned")),
    "in_progress": ("active", "half", _("In progress")),
    "complete": ("good", "done", _("Complete")),
}


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """A decorative icon: hidden from assistive technology, so the words beside it must say everything."""
    inside = mark_safe(ICONS[name])  # noqa: S308  our own drawings
    return format_html(
        '<svg width="{0}" height="{0}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
        ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{1}</svg>',
        size,
        inside,
    )


@register.simple_tag(takes_context=True)
def theme(context: template.Context) -> str:
    """`light`, `dark` or `auto`: what the reader chose."""
    request: HttpRequest | None = context.get("request")
    return chosen_theme(request)


@register.simple_tag
def content_lang() -> SafeString:
    """The language of what authors wrote, where the page around it speaks another: screen readers change voice."""
    speaks_it = (get_language() or CONTENT_LANGUAGE).partition("-")[0] == CONTENT_LANGUAGE
    return mark_safe("" if speaks_it else f' lang="{CONTENT_LANGUAGE}"')  # noqa: S308  two constants


@register.simple_tag(takes_context=True)
def current(context: template.Context, url: str) -> SafeString:
    """`aria-current="page"` when the page lies at or under `url`."""
    request: HttpRequest | None = context.get("request")
    here = request.path if request else ""
    matches = here == url if url == "/" else bool(url) and here.startswith(url)
    return mark_safe(' aria-current="page"' if matches else "")  # noqa: S308  two constants


@register.inclusion_tag("ui/progress.html")
def progress(percent: float, label: str) -> dict[str, object]:
    """A bar with its number. `percent` is 0 to 100; `label` names what is measured, for those who hear the page."""
    return {"percent": round(percent), "label": label}


@register.inclusion_tag("ui/status.html")
def status(name: str) -> dict[str, object]:
    """`planned`, `in_progress` or `complete`, as a word with a mark."""
    tone, mark, word = _STATUSES[name]
    return {"tone": tone, "mark": mark, "word": word}


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField) -> dict[str, object]:
    """A form field with its label, help and errors, tied together for assistive technology."""
    # No placeholders: one that repeats the label is noise, one that adds to it is gone when it is needed.
    return {"field": bound, "widget": bound.as_widget(attrs={"placeholder": False})}


@register.simple_block_tag
def callout(content: SafeString, tone: str = "info", title: str = "") -> str:
    """`{% callout "warn" title="…" %}…{% endcallout %}`; tones: info, good, warn, bad."""
    return render_to_string(
        "ui/callout.html", {"content": content, "tone": tone, "title": title, "mark": _CALLOUT_ICONS[tone]}
    )


@register.simple_tag
def code_block(source: str, language: str = "python", label: str = "") -> str:
    """Highlighted source in a box that scrolls and can be reached by keyboard."""
    return render_to_string("ui/code.html", {"code": highlighted(source, language), "label": label or _("Code")})


@register.simple_block_tag
def copyable(content: SafeString, label: str) -> str:
    """`{% copyable "Command" %}…{% endcopyable %}`: plain code with a button that copies it."""
    return render_to_string("ui/copyable.html", {"content": content, "label": label})


@register.inclusion_tag("ui/numbered_code.html")
def numbered_code(source: str, label: str, marked: Collection[int] = ()) -> dict[str, Any]:
    """Python with line numbers; `#line-12` leads to line 12 and highlights it. Lines in `marked` bear a mark."""
    lines = [(number, number in marked, line) for number, line in enumerate(highlighted_lines(source), 1)]
    return {"lines": lines, "label": label}


@register.inclusion_tag("ui/shares.html")
def shares(parts: Sequence[charts.Part], title: str) -> dict[str, Any]:
    """How a whole is made up and how much of each part is earned: a bar, and a table that says the same."""
    segments = charts.shares(parts)
    return {
        "segments": segments,
        "title": title,
        "total": sum(segment.part.weight for segment in segments),
        "earned": sum(segment.part.earned for segment in segments),
    }
