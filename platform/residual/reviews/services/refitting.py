"""New weights for a learner or for the whole site, as a new version of the presets they are used by."""

from __future__ import annotations

from collections import defaultdict

from django.db import transaction
from django.db.models import F, Q, QuerySet

from residual.accounts.models import User
from residual.reviews import fitting
from residual.reviews.fitting import Fitted, History, Review
from residual.reviews.models import Fit, Preset, ReviewLog
from residual.reviews.presets import preset_of, site_fit
from residual.reviews.queries import effective
from residual.reviews.scheduler import DEFAULT_WEIGHTS, MODEL_VERSION


def refit_learner(user: User, minimum: int = fitting.MINIMUM, *, keep: bool = True) -> Fitted:
    """Fit to one learner's reviews; kept only where it predicts the newest ones better. Raises TooFewReviewsError."""
    preset = preset_of(user)
    found = fitting.fit(histories(ReviewLog.objects.filter(user=user)), preset.parameters().weights, minimum)
    if keep and found.better:
        with transaction.atomic():
            preset.fit, preset.version = _stored(found, user), preset.version + 1
            preset.save()
    return found


def refit_site(minimum: int = fitting.MINIMUM, *, keep: bool = True) -> Fitted:
    """Fit to everybody's reviews, for all whose weights are not fitted to their own. Raises TooFewReviewsError."""
    present = site_fit()
    weights = tuple(present.weights) if present else DEFAULT_WEIGHTS
    found = fitting.fit(histories(ReviewLog.objects.all()), weights, minimum)
    if keep and found.better:
        with transaction.atomic():
            theirs = Preset.objects.filter(Q(fit__isnull=True) | Q(fit__user__isnull=True))
            theirs.update(fit=_stored(found, None), version=F("version") + 1)
    return found


def histories(rows: QuerySet[ReviewLog]) -> list[History]:
    """The reviews of each card that stand, as the fit wants them: no covers, no evidence, nothing taken back."""
    by_card: dict[int, list[Review]] = defaultdict(list)
    telling = rows.filter(kind__in=(ReviewLog.Kind.REVIEW, ReviewLog.Kind.UNDO)).order_by("pk")
    needed = ("card_id", "seq", "kind", "undoes", "rating", "elapsed_days")
    for row in effective(telling.only(*needed)):
        by_card[row.card_id].append(Review(row.rating or 0, row.elapsed_days or 0, row.pk))
    return list(by_card.values())


def _stored(found: Fitted, user: User | None) -> Fit:
    return Fit.objects.create(
        user=user,
        weights=list(found.weights),
        model_version=MODEL_VERSION,
        reviews=found.reviews,
        log_loss_before=found.before,
        log_loss_after=found.after,
    )
