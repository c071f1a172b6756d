"""Addresses under /api/."""

from django.urls import path

from labs.api import learner, runner

urlpatterns = [
    path("runner/v1/claim", runner.ClaimView.as_view(), name="runner-claim"),
    path("runner/v1/jobs/<uuid:submission_id>/heartbeat", runner.HeartbeatView.as_view(), name="runner-heartbeat"),
    path("runner/v1/jobs/<uuid:submission_id>/events", runner.EventsView.as_view(), name="runner-events"),
    path("runner/v1/jobs/<uuid:submission_id>/verdict", runner.VerdictView.as_view(), name="runner-verdict"),
    path("runner/v1/jobs/<uuid:submission_id>/hand-back", runner.HandBackView.as_view(), name="runner-hand-back"),
    path("runner/v1/judges/<slug:digest>", runner.JudgeView.as_view(), name="runner-judge"),
    path("v1/labs", learner.LabListView.as_view(), name="api-labs"),
    path("v1/labs/<slug:slug>", learner.LabView.as_view(), name="api-lab"),
    path("v1/labs/<slug:slug>/draft", learner.DraftView.as_view(), name="api-draft"),
    path("v1/labs/<slug:slug>/draft/versions", learner.VersionListView.as_view(), name="api-versions"),
    path("v1/labs/<slug:slug>/draft/versions/<int:pk>", learner.VersionView.as_view(), name="api-version"),
    path("v1/labs/<slug:slug>/submissions", learner.SubmitView.as_view(), name="api-submit"),
    path("v1/submissions", learner.SubmissionListView.as_view(), name="api-submissions"),
    path("v1/submissions/<uuid:submission_id>", learner.SubmissionView.as_view(), name="api-submission"),
    path("v1/submissions/<uuid:submission_id>/cancel", learner.CancelView.as_view(), name="api-cancel"),
]
