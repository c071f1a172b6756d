"""What a learner has shown: completions, partial credit, and the evidence that a failed check leaves behind."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Completion(models.Model):
    """How much of one thing a learner has done. `share` never falls, except when a self-reported tick is taken back."""

    class Kind(models.TextChoices):
        LAB = "lab"  # ref: the lab's id
        QUIZ_LEARNED = "quiz_learned"  # ref: the paper's id
        QUIZ_KEPT = "quiz_kept"  # ref: the paper's id
        READING = "reading"  # ref: the activity's id; readings, theory and journal alike

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="completions")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    ref = models.CharField(max_length=80)
    share = models.FloatField(default=1.0)  # 0 to 1; below 1 is partial credit
    assisted = models.BooleanField(default=False)  # passed after giving up
    source = models.CharField(max_length=80, blank=True)  # what proves it, such as "submission:<id>"
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True, blank=True)  # when share reached 1

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "kind", "ref"], name="one_completion_per_thing"),
            models.CheckConstraint(condition=models.Q(share__gte=0, share__lte=1), name="share_is_a_fraction"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.ref} {self.share:.0%}"


class Evidence(models.Model):
    """A failed check points at a skill. `reviews` consumes the row and makes one of that skill's cards due."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="evidence")
    skill = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)  # shown to the learner: "transformer-block failed mask before softmax"
    study_day = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)
    consumed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "skill", "study_day"], name="one_evidence_per_skill_and_day"),
        ]

    def __str__(self) -> str:
        return f"{self.skill}: {self.reason}"
