"""What every test may rely on: a quiet site, quick passwords, mail in memory."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest
from django.utils import translation
from pytest_django.fixtures import Settings

from tests.labs.catalog.choosing import this_run

hypothesis.settings.register_profile("no deadline", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("no deadline")


@pytest.fixture(autouse=True)
def _quick_and_isolated(settings: Settings, tmp_path: Path) -> None:
    translation.deactivate()  # a request in German leaves its language to whatever the thread does next
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # made-up passwords: speed matters
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    }
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def pytest_report_header() -> str:
    choice = this_run()
    return f"labs proved in full ({choice.reason}): {', '.join(sorted(choice.labs))}"
