"""Settings from the environment. Each helper names the variable and says what it accepts when it refuses a value."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def env_str(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def env_bool(name: str, *, default: bool) -> bool:
    value = env_str(name).lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r}: write 1 or 0 (true/false, yes/no and on/off work too).")


def env_int(name: str, default: int, *, minimum: int = 0, maximum: int = 2**31 - 1) -> int:
    value = env_str(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r}: write a whole number.") from None
    if not minimum <= number <= maximum:
        raise ImproperlyConfigured(f"{name}={number}: write a number from {minimum} to {maximum}.")
    return number


def env_list(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Comma-separated words; blanks are dropped."""
    value = env_str(name)
    return [word.strip() for word in value.split(",") if word.strip()] if value else list(default)


def env_url(name: str, default: str, *, schemes: tuple[str, ...]) -> str:
    """A URL whose scheme is one of `schemes`. The value is never repeated in the error: it may hold a password."""
    value = env_str(name, default)
    scheme = urlsplit(value).scheme
    if scheme not in schemes:
        raise ImproperlyConfigured(f"{name}: the scheme is {scheme!r}; use one of {', '.join(schemes)}.")
    return value


def env_path(name: str, default: Path) -> Path:
    return Path(env_str(name) or default).expanduser().resolve()


def env_choice(name: str, default: str, *, choices: tuple[str, ...]) -> str:
    value = env_str(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r}: use one of {', '.join(choices)}.")
    return value
