"""The labs' work for the site's Celery worker."""

from __future__ import annotations

import structlog
from celery import shared_task

from labs import reconcile as reconciler

log = structlog.get_logger(__name__)


@shared_task(name="labs.tasks.reconcile")  # type: ignore[untyped-decorator]  # Celery ships no types
def reconcile() -> None:
    expired, rung = reconciler.reconcile()
    if expired or rung:
        log.info("reconciled", expired_leases=expired, doorbells=rung)
