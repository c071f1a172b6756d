"""The learner. A model of our own from the first migration, so that it can grow without a change of table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from residual.accounts.managers import UserManager
from residual.accounts.time_zones import validate_time_zone


class User(AbstractUser):
    username = None  # type: ignore[assignment]  # people sign in by e-mail; AbstractUser declares a CharField
    email = models.EmailField(_("e-mail"), unique=True)
    display_name = models.CharField(_("name"), max_length=80, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    rollover_hour = models.PositiveSmallIntegerField(
        _("a new study day begins at"), default=4, validators=[MaxValueValidator(23)]
    )
    is_demo = models.BooleanField(default=False, editable=False)  # made up by `residual demo`; a banner says so
    guide_dismissed_at = models.DateTimeField(null=True, blank=True, editable=False)  # the first ten minutes, put away

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # AbstractUser types its own manager

    def __str__(self) -> str:
        return self.display_name or self.email

    def study_day(self, at: datetime | None = None) -> date:
        """The learner's study day at `at` (aware; now by default): the local date, moved by the rollover hour."""
        moment = at or datetime.now(UTC)
        return (moment.astimezone(ZoneInfo(self.time_zone)) - timedelta(hours=self.rollover_hour)).date()
