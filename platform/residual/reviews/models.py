"""Cards, the append-only log they can be rebuilt from, and each learner's preset.

The database itself refuses to change or delete a row of the log (migration 0002, `append_only`).
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from fsrs import Rating

from curriculum.models import Question
from labs.models import Submission as LabSubmission
from residual.reviews.scheduler import DEFAULT_WEIGHTS, Parameters
from residual.reviews.snapshot import FIELDS, Snapshot, State
from residual.reviews.spreading import FULL_WEEK

STATES = [
    (State.NEW.value, _("new")),
    (State.LEARNING.value, _("learning")),
    (State.REVIEW.value, _("in review")),
    (State.RELEARNING.value, _("relearning")),
]
RATINGS = [
    (Rating.Again.value, _("Again")),
    (Rating.Hard.value, _("Hard")),
    (Rating.Good.value, _("Good")),
    (Rating.Easy.value, _("Easy")),
]


class Card(models.Model):
    """One learner's schedule of one question. The fields of a `Snapshot` are columns here, under the same names.

    `revision` is the number of log rows, so a form that was made before the last row can be told from a fresh one.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="cards")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="cards")
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    due = models.DateTimeField()
    due_day = models.DateField()  # a study day
    state = models.PositiveSmallIntegerField(choices=STATES, default=State.NEW.value)
    step = models.PositiveSmallIntegerField(null=True, blank=True)
    stability = models.FloatField(null=True, blank=True)  # days until recall falls to 90 %
    difficulty = models.FloatField(null=True, blank=True)  # 1 to 10
    scheduled_day = models.DateField(null=True, blank=True)
    last_review = models.DateTimeField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    reps = models.PositiveIntegerField(default=0)
    lapses = models.PositiveIntegerField(default=0)
    suspended = models.BooleanField(default=False)
    buried_until = models.DateField(null=True, blank=True)
    due_reason = models.CharField(max_length=200, blank=True)  # why it is due before its time
    covered_day = models.DateField(null=True, blank=True)  # when a harder question last stood in for it

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "question"], name="one_card_per_question"),
            models.CheckConstraint(
                condition=models.Q(stability__isnull=True) | models.Q(stability__gt=0), name="s_gt_0"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "due_day"], condition=models.Q(suspended=False), name="cards_to_ask"),
        ]

    def __str__(self) -> str:
        return f"{self.question_id} of {self.user_id}"

    def snapshot(self) -> Snapshot:
        return Snapshot(**{name: getattr(self, name) for name in FIELDS})

    def take(self, snapshot: Snapshot) -> None:
        """Set the columns to the snapshot's values, without saving."""
        for name in FIELDS:
            setattr(self, name, getattr(snapshot, name))


class ReviewLog(models.Model):
    """One thing that happened to a card. Never changed, never deleted: undoing adds a row."""

    class Kind(models.TextChoices):
        INTRODUCE = "introduce"
        REVIEW = "review"
        UNDO = "undo"  # takes back the row numbered `undoes`
        EVIDENCE = "evidence"  # a failed lab check made the card due; no rating, so the fit stays clean
        COVERED = "covered"  # a harder question was answered right in its stead; no rating either
        SUSPEND = "suspend"
        RESUME = "resume"
        BURY = "bury"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="log")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    study_day = models.DateField()
    idempotency_key = models.CharField(max_length=80)

    rating = models.PositiveSmallIntegerField(choices=RATINGS, null=True, blank=True)
    seed = models.BigIntegerField(null=True, blank=True)  # what the numbers of a parameterised question came from
    answer = models.JSONField(null=True, blank=True)
    correct = models.BooleanField(null=True, blank=True)
    revealed = models.BooleanField(default=False)  # the answer was seen before it was given
    machine_graded = models.BooleanField(default=False)
    early = models.BooleanField(default=False)  # before the day the scheduler wanted
    elapsed_days = models.PositiveIntegerField(null=True, blank=True)  # study days since the review before
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    question_digest = models.CharField(max_length=64, blank=True)

    state_before = models.PositiveSmallIntegerField(choices=STATES)
    before = models.JSONField()
    after = models.JSONField()
    due = models.DateTimeField()
    model_version = models.CharField(max_length=40, blank=True)
    weights = models.JSONField(default=list, blank=True)
    preset_version = models.PositiveIntegerField(default=0)
    preset = models.JSONField(default=dict, blank=True)  # parameters, time zone and rollover hour of that moment
    undoes = models.PositiveIntegerField(null=True, blank=True)  # seq of the review taken back
    reason = models.CharField(max_length=200, blank=True)
    caused_by = models.BigIntegerField(null=True, blank=True)  # the row of another card that brought this one about
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["card", "seq"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["card", "seq"], name="one_row_per_card_and_seq"),
            models.UniqueConstraint(fields=["user", "idempotency_key"], name="one_row_per_key"),
            models.CheckConstraint(
                condition=~models.Q(kind="review") | models.Q(rating__gte=1, rating__lte=4, elapsed_days__isnull=False),
                name="a_review_has_a_rating",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "study_day"], name="log_by_day"),
            models.Index(fields=["card", "undoes"], condition=models.Q(undoes__isnull=False), name="log_taken_back"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id}/{self.seq} {self.kind}"


class KataRun(models.Model):
    """Code sent for a card whose answer is code. Once the labs have judged it, a right one becomes the card's answer.

    `revision` is the card's when its form was drawn, `shown_at` when that was first: time runs on over several runs.
    """

    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="runs")
    submission = models.OneToOneField(LabSubmission, on_delete=models.CASCADE, related_name="kata_run")
    revision = models.PositiveIntegerField()
    shown_at = models.DateTimeField()
    sent_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"run of card {self.card_id}"


def default_steps() -> list[int]:
    return [10]


def full_week() -> list[int]:
    return list(FULL_WEEK)


class Fit(models.Model):
    """Weights fitted to one learner's reviews, or to all of the site's where `user` is empty; losses are held-out."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True)
    weights = models.JSONField()
    model_version = models.CharField(max_length=40)
    reviews = models.PositiveIntegerField()
    log_loss_before = models.FloatField()
    log_loss_after = models.FloatField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"fit {self.pk} to {self.reviews} reviews"


class Preset(models.Model):
    """How one learner wants to review. `version` counts the changes; every review names the one it was made with."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_preset")
    version = models.PositiveIntegerField(default=1)
    desired_retention = models.FloatField(
        _("share of answers you want to get right"),
        default=0.9,
        validators=[MinValueValidator(0.7), MaxValueValidator(0.97)],
    )
    maximum_interval = models.PositiveIntegerField(
        _("longest gap, in days"), default=365, validators=[MinValueValidator(2), MaxValueValidator(36500)]
    )
    daily_new = models.PositiveSmallIntegerField(
        _("new questions a day"), default=10, validators=[MaxValueValidator(100)]
    )
    daily_reviews = models.PositiveSmallIntegerField(
        _("reviews a day"), default=40, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    daily_minutes = models.PositiveSmallIntegerField(
        _("minutes a day"), default=15, validators=[MinValueValidator(2), MaxValueValidator(240)]
    )
    learning_minutes = models.JSONField(_("steps of a new question, in minutes"), default=default_steps)
    relearning_minutes = models.JSONField(_("steps after a mistake, in minutes"), default=default_steps)
    easy_days = models.JSONField(default=full_week)  # per cent of an ordinary day's work, Monday first
    fit = models.ForeignKey(Fit, on_delete=models.SET_NULL, null=True, blank=True)  # none: the published weights
    leech_lapses = models.PositiveSmallIntegerField(
        _("lapses until a question is a sticking point"), default=5, validators=[MaxValueValidator(50)]
    )
    suspend_leeches = models.BooleanField(_("put sticking points away"), default=False)

    def __str__(self) -> str:
        return f"preset {self.version} of {self.user_id}"

    def parameters(self) -> Parameters:
        return Parameters(
            desired_retention=self.desired_retention,
            maximum_interval=self.maximum_interval,
            learning_minutes=tuple(self.learning_minutes),
            relearning_minutes=tuple(self.relearning_minutes),
            easy_days=tuple(self.easy_days),
            weights=tuple(self.fit.weights) if self.fit else DEFAULT_WEIGHTS,
        )


class MoreTime(models.Model):
    """Minutes that a learner asked for on one study day, on top of those of the preset."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="more_review_time")
    study_day = models.DateField()
    minutes = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.minutes} minutes more on {self.study_day}"


class ErasureTicket(models.Model):
    """While a row names a user, the database lets that user's log rows be deleted. See `services.erase_reviews`."""

    user_id = models.BigIntegerField(primary_key=True)  # no foreign key: it must outlive every row it stands for

    def __str__(self) -> str:
        return f"erasure of {self.user_id}"
