"""Addresses of the composed pages."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from residual.pages.views import curriculum_map, finding, home, papers, phases, site, weeks

urlpatterns = [
    path("", home.home, name="home"),
    path("start/", home.start, name="start"),
    path("first-steps/dismiss/", home.dismiss_guide, name="dismiss-guide"),
    path("map/", curriculum_map.show_map, name="map"),
    path("weeks/", weeks.weeks, name="weeks"),
    path("weeks/<slug:slug>/", weeks.week, name="week"),
    path("weeks/<slug:slug>/ticks/<str:activity_id>/", weeks.tick, name="tick"),
    path("phases/", phases.phases, name="phases"),
    path("phases/<slug:slug>/", phases.phase, name="phase"),
    path("papers/", papers.papers, name="papers"),
    path("papers/<slug:slug>/", papers.paper, name="paper"),
    path("topics/<slug:slug>/", papers.topic, name="topic"),
    path("search/", finding.search, name="search"),
    path("palette.json", finding.palette_index, name="palette"),
    path("status/", site.status, name="status"),
    path("healthz", site.healthz, name="healthz"),
    path("language/", set_language, name="set_language"),
    path("theme/", site.theme, name="theme"),
    path("style/", site.style_page, name="style"),
]
