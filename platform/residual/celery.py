"""The site's Celery application: the reconciler's tick and other small work. Runner jobs use a broker of their own."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "residual.settings")

app = Celery("residual")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
