"""The site's Celery application: the reconciler's tick and other small work. Runner jobs use a broker of their own."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import beat_embedded_init

from residual.lifetime import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "residual.settings")

app = Celery("residual")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@beat_embedded_init.connect  # type: ignore[untyped-decorator]  # celery ships no types
def stop_ticking_without_a_worker(**_: Any) -> None:
    """In the process that `--beat` forks: a worker that is killed would leave it behind, and each restart adds one."""
    end_with_parent()
