"""Settings from the environment: a bad value is refused by the name of its variable."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from residual.env import env_bool, env_choice, env_int, env_list, env_path, env_url


@pytest.mark.parametrize(("word", "meaning"), [("1", True), ("yes", True), ("ON", True), ("0", False), ("no", False)])
def test_a_switch_takes_the_usual_words(monkeypatch: pytest.MonkeyPatch, word: str, meaning: bool) -> None:
    monkeypatch.setenv("SWITCH", word)
    assert env_bool("SWITCH", default=not meaning) is meaning


def test_a_switch_refuses_other_words_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCH", "maybe")
    with pytest.raises(ImproperlyConfigured, match="SWITCH='maybe'"):
        env_bool("SWITCH", default=True)


def test_an_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBER", " ")
    assert env_int("NUMBER", 7) == 7


@pytest.mark.parametrize("value", ["seven", "1.5", "70000", "-1"])
def test_a_number_out_of_range_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(ImproperlyConfigured, match="PORT"):
        env_int("PORT", 8000, minimum=1, maximum=65535)


def test_a_bad_address_is_refused_without_showing_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://me:hunter2@db/x")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refusal:
        env_url("DATABASE_URL", "", schemes=("postgres", "sqlite"))
    assert "hunter2" not in str(refusal.value)


def test_a_list_is_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTS", "a.example, b.example,,")
    assert env_list("HOSTS") == ["a.example", "b.example"]


def test_a_choice_names_what_it_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESIDUAL_MODE", "cloud")
    with pytest.raises(ImproperlyConfigured, match="laptop, site"):
        env_choice("RESIDUAL_MODE", "laptop", choices=("laptop", "site"))


def test_a_path_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", "here")
    assert env_path("DATA_DIR", Path("/elsewhere")) == tmp_path / "here"
