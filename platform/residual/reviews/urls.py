"""Addresses of spaced review, under /reviews/."""

from __future__ import annotations

from django.urls import path

from residual.reviews.views import actions, katas, preset, quiz, session, statistics

app_name = "reviews"
urlpatterns = [
    path("", session.session, name="session"),
    path("cards/<int:card_id>/", session.card, name="card"),
    path("cards/<int:card_id>/answer/", actions.answer, name="answer"),
    path("cards/<int:card_id>/undo/", actions.undo, name="undo"),
    path("cards/<int:card_id>/suspend/", actions.suspend, name="suspend"),
    path("cards/<int:card_id>/resume/", actions.resume, name="resume"),
    path("cards/<int:card_id>/bury/", actions.bury, name="bury"),
    path("answers/<int:row_id>/", session.verdict, name="verdict"),
    path("answers/<int:row_id>/rate/", actions.rate, name="rate"),
    path("more/", actions.more_time, name="more"),
    path("katas/<int:run_id>/", katas.run, name="run"),
    path("papers/<slug:slug>/", quiz.quiz, name="quiz"),
    path("papers/<slug:slug>/start/", quiz.start, name="start"),
    path("topics/<slug:slug>/", quiz.topic_quiz, name="topic-quiz"),
    path("topics/<slug:slug>/start/", quiz.topic_start, name="topic-start"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("settings/", preset.edit_preset, name="preset"),
]
