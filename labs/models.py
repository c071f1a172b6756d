"""Labs, submissions and what the runner found.

`Lab`, `LabCheck` and `JudgeBundle` are copies of labs/catalog, written by labs.sync and by nothing else. A `Submission`
row is the truth about a job; the broker is only a doorbell.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from curriculum.models import Addressed


class Lane(models.TextChoices):
    CHECK = "check", _("checks, seconds")
    TRAIN = "train", _("training, minutes")
    GPU = "gpu", _("GPU")


class EvidenceKind(models.TextChoices):
    """What a check rests on. Observed and policy checks can fail a lab; no lab passes on them alone."""

    COMPUTED = "computed", _("computed")
    SCORED = "scored", _("scored")
    METERED = "metered", _("metered")
    OBSERVED = "observed", _("observed")
    POLICY = "policy", _("policy")


class Verdict(models.TextChoices):
    PASSED = "passed", _("passed")
    FAILED = "failed", _("failed")
    ERROR = "error", _("error")
    TIMEOUT = "timeout", _("out of time")
    MEMORY = "memory", _("out of memory")
    LIMIT = "limit", _("over a limit")
    CRASH = "crash", _("crashed")
    NO_RESULT = "no_result", _("no result")
    INFRA_ERROR = "infra_error", _("our fault")


class Level(models.TextChoices):
    """How strongly learners' code is held, strongest first."""

    FULL = "full", _("full")
    NAMESPACES = "namespaces", _("namespaces")
    UNSAFE_LOCAL = "unsafe-local", _("unsafe-local")


class JudgeBundle(models.Model):
    """A lab's judging files, named by their digest. Old ones stay: submissions remember what judged them."""

    digest = models.CharField(primary_key=True, max_length=64)
    files = models.JSONField()  # path → base64
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest[:12]


class Lab(Addressed):
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=400)
    minutes = models.PositiveSmallIntegerField()
    lane = models.CharField(max_length=8, choices=Lane.choices)
    filename = models.CharField(max_length=64)
    entry_points = models.JSONField()  # names that a submission must define at its top level
    starter = models.TextField()
    brief_html = models.TextField()
    hints_html = models.JSONField(default=list)  # of increasing strength
    solution = models.TextField()
    solution_html = models.TextField()
    exports = models.JSONField(default=list)  # names that later labs may import as `mine`
    mine = models.JSONField(default=list)  # ids of the earlier labs whose names it may import
    trace = models.BooleanField(default=False)  # whether its forward pass can be shown step by step
    limits = models.JSONField()  # per check, see architecture.md §3.1
    judge = models.ForeignKey(JudgeBundle, on_delete=models.PROTECT, related_name="labs")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("labs:lab", args=[self.slug])


class LabCheck(models.Model):
    """One check of a lab. A check that the starter passes is not behavioural and earns nothing by itself."""

    lab = models.ForeignKey(Lab, on_delete=models.PROTECT, related_name="checks")
    cid = models.SlugField(max_length=64)
    title = models.CharField(max_length=200)
    evidence = models.CharField(max_length=8, choices=EvidenceKind.choices)
    skill = models.CharField(max_length=80, blank=True)
    teaches = models.CharField(max_length=400, blank=True)
    order = models.PositiveSmallIntegerField()
    behavioural = models.BooleanField(default=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["order"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["lab", "cid"], name="one_check_per_id_and_lab"),
        ]

    def __str__(self) -> str:
        return self.title


class Submission(models.Model):
    """One job. `attempt` fences: what a runner posts for an older attempt is refused."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("being checked")
        DONE = "done", _("checked")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="submissions")
    lab = models.ForeignKey(Lab, on_delete=models.PROTECT, related_name="submissions")
    lane = models.CharField(max_length=8, choices=Lane.choices)
    source = models.TextField()
    filename = models.CharField(max_length=64)
    judge = models.ForeignKey(JudgeBundle, on_delete=models.PROTECT, related_name="submissions")
    checks = models.JSONField(null=True, blank=True)  # ids of the checks to run, or null for all
    mine = models.JSONField(default=list, blank=True)  # which parts of earlier labs it uses, see labs/mine.py
    assisted = models.BooleanField(default=False)  # sent after the solution was opened
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED)
    verdict = models.CharField(max_length=11, choices=Verdict.choices, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    infra_failures = models.PositiveSmallIntegerField(default=0)
    runner = models.CharField(max_length=120, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    rung_at = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)  # after failures of ours: not claimed before
    revision = models.PositiveIntegerField(default=0)  # raised by every change that a watching page shows
    usage = models.JSONField(default=dict)
    limits = models.JSONField(default=dict)
    level = models.CharField(max_length=12, choices=Level.choices, blank=True)
    message = models.TextField(blank=True)
    log = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=100, blank=True)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of what was sent
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["status", "lane", "created_at"]),
            models.Index(fields=["user", "lab", "-created_at"]),
            models.Index(fields=["user", "started_at"], name="whose_turn_was_when"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="one_submission_per_idempotency_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lab_id} {self.id}"

    def get_absolute_url(self) -> str:
        return reverse("labs:submission", args=[self.pk])

    def log_fields(self) -> dict[str, str | int]:
        """What every log line about this submission carries: the id of the request that made it comes along."""
        return {"submission": str(self.pk), "attempt": self.attempt, "request_id": self.request_id}

    @property
    def finished(self) -> bool:
        return self.status in {self.Status.DONE, self.Status.CANCELLED}


class Event(models.Model):
    """What a runner told about an attempt, as it told it."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="events")
    attempt = models.PositiveIntegerField()
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=8)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["attempt", "seq"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["submission", "attempt", "seq"], name="an_event_is_told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id}/{self.attempt}/{self.seq} {self.kind}"


class CheckResult(models.Model):
    """What one check found. Title and evidence are copied: the lab may change, the result does not."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="results")
    cid = models.CharField(max_length=64)
    attempt = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    evidence = models.CharField(max_length=8, choices=EvidenceKind.choices)
    verdict = models.CharField(max_length=11, choices=Verdict.choices)
    message = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    usage = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["submission", "cid"], name="one_result_per_check"),
        ]

    def __str__(self) -> str:
        return f"{self.cid}: {self.verdict}"


class Draft(models.Model):
    """The code a learner has on the bench, kept on the server so that a closed tab loses nothing."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    lab = models.ForeignKey(Lab, on_delete=models.PROTECT, related_name="drafts")
    source = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=0)  # raised by every change: a tab that knows an older one is behind
    problem = models.TextField(blank=True)  # why it was refused when it was last submitted
    problem_line = models.PositiveIntegerField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "lab"], name="one_draft_per_learner_and_lab"),
        ]

    def __str__(self) -> str:
        return f"{self.lab_id} of {self.user_id}"


class DraftVersion(models.Model):
    """What a draft once held, or what a tab sent that was behind. `labs.drafts` writes and thins them."""

    class Kind(models.TextChoices):
        TYPED = "typed", _("saved while typing")
        SAVED = "saved", _("saved")
        UPLOADED = "uploaded", _("uploaded")
        RESET = "reset", _("reset to the starter")
        RESTORED = "restored", _("restored")
        SUBMITTED = "submitted", _("submitted")
        ASIDE = "aside", _("from another tab, set aside")

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    source = models.TextField(blank=True)
    added = models.PositiveIntegerField(default=0)  # lines, against what the draft held before
    removed = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.made_at:%Y-%m-%d %H:%M:%S}"


class LabHelp(models.Model):
    """The help a learner asked for in one lab."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lab_help")
    lab = models.ForeignKey(Lab, on_delete=models.PROTECT, related_name="help")
    hints_shown = models.PositiveSmallIntegerField(default=0)
    gave_up_at = models.DateTimeField(null=True, blank=True)  # when the solution was opened before a pass

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "lab"], name="one_help_row_per_learner_and_lab"),
        ]

    def __str__(self) -> str:
        return f"{self.lab_id}: {self.hints_shown} hints"


class Runner(models.Model):
    """An execution host, as it last introduced itself."""

    name = models.CharField(primary_key=True, max_length=120)
    level = models.CharField(max_length=12, choices=Level.choices)
    lanes = models.JSONField()
    device = models.CharField(max_length=120, blank=True)
    memory_mb = models.PositiveIntegerField(default=0)  # what one job can get there at most
    torch = models.CharField(max_length=40, blank=True)
    refused = models.CharField(max_length=200, blank=True)  # why it gets no work, though it asks
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class RunnerToken(models.Model):
    """What proves that a runner is the one of this name. Only a hash is kept; see `labs.runner_tokens`."""

    runner = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["runner"], name="tokens_of_a_runner")]

    def __str__(self) -> str:
        return f"{self.runner}, {self.created_at:%Y-%m-%d}"
