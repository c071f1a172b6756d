"""The template tags."""

from __future__ import annotations

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory

from residual.ui.charts import Part


def render(template: str, **context: object) -> str:
    return Template("{% load ui %}" + template).render(Context(context))


def test_progress_says_its_number_and_its_name() -> None:
    html = render('{% progress 40 "Week 2" %}')
    assert "40 %" in html
    assert '<progress max="100" value="40" aria-label="Week 2">' in html


@pytest.mark.parametrize(
    ("state", "word"), [("planned", "Planned"), ("in_progress", "In progress"), ("complete", "Complete")]
)
def test_a_status_is_told_in_words(state: str, word: str) -> None:
    assert word in render(f'{{% status "{state}" %}}')


def test_an_icon_is_hidden_from_assistive_technology() -> None:
    assert 'aria-hidden="true"' in render('{% icon "check" %}')


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(KeyError):
        render('{% icon "unicorn" %}')


def test_source_in_a_code_block_is_escaped() -> None:
    html = render("{% code_block source %}", source="x = '<script>alert(1)</script>'")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_callout_escapes_its_title_and_keeps_its_content() -> None:
    html = render('{% callout "warn" title=title %}<p>Body</p>{% endcallout %}', title="<b>")
    assert "&lt;b&gt;" in html
    assert "<p>Body</p>" in html
    assert 'class="callout warn"' in html


def test_shares_say_in_a_table_what_the_bar_draws() -> None:
    html = render("{% shares parts 'Week 2' %}", parts=[Part("Labs", 60, 42.5), Part("Quiz", 40, 0)])
    assert 'aria-label="Week 2"' in html
    assert "42.5 %" in html
    assert "100 %" in html


class Named(forms.Form):
    name = forms.CharField(help_text="As on your door.", widget=forms.TextInput(attrs={"placeholder": "Name"}))
    nick = forms.CharField(required=False)


def test_a_field_ties_help_and_errors_to_its_input() -> None:
    form = Named({})
    form.is_valid()
    html = render("{% field form.name %}", form=form)
    assert 'for="id_name"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert 'aria-invalid="true"' in html


def test_a_field_shows_no_placeholder() -> None:
    assert "placeholder" not in render("{% field form.name %}", form=Named())


def test_a_field_that_may_stay_empty_says_so() -> None:
    assert "(optional)" in render("{% field form.nick %}", form=Named())
    assert "(optional)" not in render("{% field form.name %}", form=Named())


@pytest.mark.parametrize(
    ("cookie", "expected"), [("dark", "dark"), ("light", "light"), ('"><script>', "auto"), ("", "auto")]
)
def test_only_known_themes_reach_the_page(cookie: str, expected: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert render("{% theme %}", request=request) == expected


@pytest.mark.parametrize(
    ("path", "url", "marked"),
    [("/", "/", True), ("/weeks/", "/", False), ("/weeks/one/", "/weeks/", True), ("/", "", False)],
)
def test_the_menu_marks_where_the_page_lies(path: str, url: str, marked: bool) -> None:
    html = render("{% current url %}", request=RequestFactory().get(path), url=url)
    assert html == (' aria-current="page"' if marked else "")
