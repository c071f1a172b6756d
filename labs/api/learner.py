"""What a learner's own programs may do: read labs, keep drafts, submit, follow a submission.

Signed in by session for now; scoped tokens come with the accounts room.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from labs import drafts, queries, services
from labs.api.problems import Problem
from labs.api.serializers import (
    DraftSerializer,
    LabDetailSerializer,
    LabSerializer,
    NewSubmissionSerializer,
    SubmissionDetailSerializer,
    SubmissionReceiptSerializer,
    SubmissionSerializer,
    VersionDetailSerializer,
    VersionSerializer,
)
from labs.models import Draft, DraftVersion, Lab, Submission
from labs.source import SourceProblemError
from residual.accounts.models import User

KEY_HEADER = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="The same key gives the same submission again."
)


class NewestFirst(CursorPagination):
    ordering = "-created_at"
    page_size = 50


class NewestVersionFirst(CursorPagination):
    ordering = "-pk"
    page_size = 50


class LabListView(ListAPIView[Lab]):
    serializer_class = LabSerializer
    queryset = Lab.objects.filter(retired_at__isnull=True)


class LabView(RetrieveAPIView[Lab]):
    serializer_class = LabDetailSerializer
    queryset = Lab.objects.filter(retired_at__isnull=True)
    lookup_field = "slug"


class DraftView(APIView):
    @extend_schema(responses=DraftSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The draft, or the starter where there is none."""
        lab = queries.live_lab(slug)
        draft = queries.draft(learner(request), lab) or Draft(source=lab.starter)
        return Response(DraftSerializer(draft).data)

    @extend_schema(request=DraftSerializer, responses=DraftSerializer)
    def put(self, request: Request, slug: str) -> Response:
        """Keep `source`. With the `revision` that was read, a draft that has moved on since is not replaced: 409."""
        told = _valid(DraftSerializer(data=request.data))
        lab = queries.live_lab(slug)
        kept = drafts.keep(learner(request), lab, told["source"], drafts.Kind.SAVED, base=told.get("revision"))
        if kept.aside:
            raise Problem(409, "draft-behind", "The draft has changed since. What you sent is kept in its history.")
        return Response(DraftSerializer(kept.draft).data)


class VersionListView(ListAPIView[DraftVersion]):
    """What the draft once held, newest first, without the code itself."""

    serializer_class: type[BaseSerializer[DraftVersion]] = VersionSerializer
    pagination_class = NewestVersionFirst
    queryset = DraftVersion.objects.none()  # names the model for the schema

    def get_queryset(self) -> QuerySet[DraftVersion]:
        lab = queries.live_lab(self.kwargs["slug"])
        return DraftVersion.objects.filter(draft__user=learner(self.request), draft__lab=lab)


class VersionView(RetrieveAPIView[DraftVersion]):
    """One version with its code. To bring it back, PUT that to the draft."""

    serializer_class = VersionDetailSerializer
    queryset = DraftVersion.objects.none()

    def get_queryset(self) -> QuerySet[DraftVersion]:
        lab = queries.live_lab(self.kwargs["slug"])
        return DraftVersion.objects.filter(draft__user=learner(self.request), draft__lab=lab)


class SubmitView(APIView):
    @extend_schema(
        parameters=[KEY_HEADER],
        request=NewSubmissionSerializer,
        responses={201: SubmissionReceiptSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Queue code for judging. Code that can't be judged is refused with 422 and kept as the draft."""
        told = _valid(NewSubmissionSerializer(data=request.data))
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > 100:
            raise Problem(400, "idempotency-key", "The Idempotency-Key is longer than 100 characters.")
        lab = queries.live_lab(slug)
        try:
            submission = services.submit(
                learner(request), lab, told["source"], checks=told.get("checks"), idempotency_key=key
            )
        except SourceProblemError as problem:
            raise Problem(422, f"source-{problem.code}", problem.message) from problem
        except services.UnknownCheckError as error:
            raise Problem(422, "unknown-check", str(error)) from error
        except services.KeyReusedError as error:
            raise Problem(422, "idempotency-key", str(error)) from error
        return Response(SubmissionReceiptSerializer(submission).data, status=201)


class SubmissionListView(ListAPIView[Submission]):
    serializer_class = SubmissionSerializer
    pagination_class = NewestFirst
    queryset = Submission.objects.none()  # names the model for the schema

    def get_queryset(self) -> QuerySet[Submission]:
        return queries.submissions_of(learner(self.request))


class SubmissionView(RetrieveAPIView[Submission]):
    serializer_class = SubmissionDetailSerializer
    lookup_url_kwarg = "submission_id"
    queryset = Submission.objects.none()

    def get_queryset(self) -> QuerySet[Submission]:
        return queries.submissions_of(learner(self.request)).prefetch_related("results")


class CancelView(APIView):
    @extend_schema(request=None, responses=SubmissionSerializer)
    def post(self, request: Request, submission_id: UUID) -> Response:
        submission = get_object_or_404(queries.submissions_of(learner(request)), pk=submission_id)
        if not services.cancel(submission):
            raise Problem(409, "finished", "The submission is over: there is nothing to cancel.")
        submission.refresh_from_db()
        return Response(SubmissionSerializer(submission).data)


def learner(request: Request) -> User:
    """The signed-in user; permission classes let nobody else through."""
    assert isinstance(request.user, User)  # noqa: S101 - narrows a type that IsAuthenticated already guarantees
    return request.user


def _valid(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
