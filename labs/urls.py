"""Addresses under /labs/."""

from django.urls import path

from labs.views import bench, drafts, files, solutions, submissions, traces

app_name = "labs"
urlpatterns = [
    path("", bench.index, name="index"),
    path("<slug:slug>/", bench.lab, name="lab"),
    path("<slug:slug>/submit", bench.submit, name="submit"),
    path("<slug:slug>/draft", drafts.save, name="draft"),
    path("<slug:slug>/upload", drafts.upload, name="upload"),
    path("<slug:slug>/reset", drafts.reset, name="reset"),
    path("<slug:slug>/download", drafts.download, name="download"),
    path("<slug:slug>/history", drafts.history, name="history"),
    path("<slug:slug>/restore", drafts.restore, name="restore"),
    path("<slug:slug>/trace", traces.trace, name="trace"),
    path("<slug:slug>/probe.py", files.probe, name="probe"),
    path("<slug:slug>/hint", bench.next_hint, name="hint"),
    path("<slug:slug>/checks", bench.checks, name="checks"),
    path("<slug:slug>/give-up", solutions.give_up, name="give-up"),
    path("<slug:slug>/solution", solutions.solution, name="solution"),
    path("submissions/<uuid:submission_id>/", submissions.submission, name="submission"),
    path("submissions/<uuid:submission_id>/panel", submissions.panel, name="panel"),
    path("submissions/<uuid:submission_id>/events", submissions.events, name="events"),
    path("submissions/<uuid:submission_id>/run", submissions.run, name="run"),
    path("submissions/<uuid:submission_id>/points.csv", submissions.points, name="points"),
    path("submissions/<uuid:submission_id>/cancel", submissions.cancel, name="cancel"),
]
