"""Addresses of a learner's own settings; allauth serves the rest of /accounts/."""

from __future__ import annotations

from django.urls import path

from residual.accounts import views

urlpatterns = [path("settings/", views.edit_settings, name="account_settings")]
