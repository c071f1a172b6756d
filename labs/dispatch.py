"""The one door to the runner: its protocol, the doorbell, and a submission as a job.

No other module of the site imports gpu_runner; what they need of its protocol, they import from here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import structlog
from celery import Celery
from django.conf import settings
from kombu.exceptions import KombuError, OperationalError
from pydantic import ValidationError

from gpu_runner.protocol import (
    CHECK_LIBRARY,
    MAX_PARTS,
    MAX_SOURCE_BYTES,
    MEASURED,
    PROTOCOL,
    RING_QUEUE,
    RING_TASK,
    TRACE,
    CheckResult,
    Claim,
    Event,
    EventBatch,
    Heartbeat,
    Job,
    Limits,
    Report,
    Verdict,
    VerdictPost,
    broker_settings,
    judge_digest,
    judging_files,
)
from labs import mine
from labs.models import Submission

__all__ = [
    "CHECK_LIBRARY",
    "MAX_PARTS",
    "MAX_SOURCE_BYTES",
    "MEASURED",
    "PROTOCOL",
    "TRACE",
    "CheckResult",
    "Claim",
    "Event",
    "EventBatch",
    "Heartbeat",
    "Limits",
    "Report",
    "ValidationError",
    "Verdict",
    "VerdictPost",
    "job",
    "judge_digest",
    "judging_files",
    "ring",
]

RING_EXPIRES_S: Final = 60  # a bell nobody heard is useless after that: the reconciler rings again
log = structlog.get_logger(__name__)


def ring(submission_id: str) -> bool:
    """Tell the runners that there is work. False, and a line in the log, if the broker could not be reached."""
    try:
        _doorbell(settings.RUNNER_BROKER_URL).send_task(
            RING_TASK,
            args=[submission_id],
            queue=RING_QUEUE,
            ignore_result=True,
            retry=False,
            expires=RING_EXPIRES_S,
        )
    except (KombuError, OperationalError, OSError) as error:
        log.warning("doorbell_failed", submission=submission_id, error=str(error), then="the reconciler rings again")
        return False
    log.info("doorbell_rung", submission=submission_id)
    return True


def job(submission: Submission) -> dict[str, Any]:
    """The submission as the JSON of a `Job`. `lab` must be loaded."""
    return Job(
        id=str(submission.pk),
        attempt=submission.attempt,
        lane=submission.lane,
        lab=submission.lab.slug,
        judge_digest=submission.judge_id,
        filename=submission.filename,
        source=submission.source,
        checks=submission.checks,
        mine=mine.parts(submission),
        limits=Limits.model_validate(submission.limits),
        lease_s=settings.LEASE_SECONDS,
        request_id=submission.request_id,
    ).model_dump(mode="json")


@cache
def _doorbell(url: str) -> Celery:
    """The app that rings. It gives up at once: a learner waits for the answer, and the reconciler rings again."""
    options = broker_settings(url)
    transport = options["broker_transport_options"]
    for folder in ("data_folder_in", "control_folder"):  # kombu expects its folders to be there
        if path := transport.get(folder):
            Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
    if not url.startswith("filesystem"):
        transport = {**transport, "max_retries": 1, "interval_start": 0, "socket_connect_timeout": 0.5}
    app = Celery("residual-doorbell", set_as_current=False)
    app.conf.update(options, broker_transport_options=transport, broker_connection_timeout=1)
    return app
