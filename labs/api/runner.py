"""What a runner may ask and tell (docs/runner-protocol.md). It holds one token and sees nothing but its jobs."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotFound
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labs import dispatch, events, queue, runner_tokens
from labs.api.problems import Problem
from labs.models import JudgeBundle, Submission


class RunnerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`. A runner is no user: `request.user` stays anonymous, `request.auth` is it."""

    def authenticate(self, request: Request) -> tuple[None, runner_tokens.Speaker]:
        scheme, _space, token = get_authorization_header(request).partition(b" ")
        speaker = runner_tokens.speaker(token.strip().decode("latin-1")) if scheme.lower() == b"bearer" else None
        if speaker is None:
            raise AuthenticationFailed("the runner token is missing, wrong or taken back: see RUNNER_TOKEN there")
        return (None, speaker)

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's signature
        return "Bearer"


class IsRunner(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002 - DRF's signature
        return isinstance(request.auth, runner_tokens.Speaker)


class RunnerView(APIView):
    authentication_classes = [RunnerAuthentication]
    permission_classes = [IsRunner]
    schema = None  # spoken between our own programs; docs/runner-protocol.md is its contract

    @property
    def speaker(self) -> runner_tokens.Speaker:
        return cast("runner_tokens.Speaker", self.request.auth)  # IsRunner saw to it

    def attempt_is_theirs(self, submission_id: UUID, attempt: int) -> None:
        """Raise Submission.DoesNotExist for a job that another runner leased, StaleAttemptError for a later attempt.

        An attempt belongs to one runner for good, so this holds until the attempt itself is fenced.
        """
        current = self.speaker.jobs().only("attempt").get(pk=submission_id)
        if attempt > current.attempt:
            raise queue.StaleAttemptError(f"attempt {attempt} was not given out: its attempt is {current.attempt}")

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_as_problem(exc))


class ClaimView(RunnerView):
    def post(self, request: Request) -> Response:
        """200 with a job, 204 with nothing to do, 409 for another protocol version, 403 for too weak a sandbox."""
        _same_protocol(request.data)
        asked = dispatch.Claim.model_validate(request.data)
        self.speaker.introduce(asked.runner)
        host = asked.host
        offer = queue.Offer(asked.lanes, host.device, host.memory_mb, host.torch)
        if words := other_check_library(host.check_library):
            queue.refuse(asked.runner, asked.level, offer, words)
            raise Problem(409, "check-library", f"{words}: install the same version on both")
        submission = queue.claim(asked.runner, asked.free, asked.level, offer)
        return Response(status=204) if submission is None else Response(dispatch.job(submission))


class HeartbeatView(RunnerView):
    def post(self, request: Request, submission_id: UUID) -> Response:
        told = dispatch.Heartbeat.model_validate(request.data)
        self.attempt_is_theirs(submission_id, told.attempt)
        return Response({"cancel": queue.heartbeat(submission_id, told.attempt)})


class EventsView(RunnerView):
    def post(self, request: Request, submission_id: UUID) -> Response:
        told = dispatch.EventBatch.model_validate(storable(request.data))
        self.attempt_is_theirs(submission_id, told.attempt)
        return Response({"accepted": events.apply(submission_id, told.attempt, told.events)})


class VerdictView(RunnerView):
    def post(self, request: Request, submission_id: UUID) -> Response:
        told = dispatch.VerdictPost.model_validate(storable(request.data))
        self.attempt_is_theirs(submission_id, told.attempt)
        submission = events.record_verdict(submission_id, told.attempt, told.report)
        return Response({"status": submission.status, "verdict": submission.verdict})


class HandBackView(RunnerView):
    def post(self, request: Request, submission_id: UUID) -> Response:
        """For a runner that was asked to stop: the job is queued again at once, and nothing counts as a failure."""
        told = dispatch.Heartbeat.model_validate(request.data)
        self.attempt_is_theirs(submission_id, told.attempt)
        return Response({"status": events.hand_back(submission_id, told.attempt).status})


class JudgeView(RunnerView):
    def get(self, request: Request, digest: str) -> Response:  # noqa: ARG002 - DRF's signature
        bundle = JudgeBundle.objects.filter(pk=digest).first()
        if bundle is None:
            raise NotFound("no judge has this digest")
        return Response({"digest": bundle.digest, "files": bundle.files})


def storable(value: Any) -> Any:
    """JSON with what no database takes replaced: learners print NUL bytes and half surrogate pairs."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "␀")
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list) else value


def _same_protocol(data: Any) -> None:
    spoken = data.get("protocol") if isinstance(data, dict) else None
    if spoken != dispatch.PROTOCOL:
        words = f"this site speaks protocol {dispatch.PROTOCOL}, the runner {spoken}: install the same version on both"
        raise Problem(409, "protocol", words)


def other_check_library(theirs: str) -> str:
    """The version is part of every judge's digest: another one could not find a single judge to be right."""
    if theirs == dispatch.CHECK_LIBRARY:
        return ""
    return f"this site's check library is {dispatch.CHECK_LIBRARY}, the runner's {theirs}"


def _as_problem(error: Exception) -> Exception:
    """Refusals of the services as problems with a status; other errors as they are."""
    if isinstance(error, queue.StaleAttemptError):
        return Problem(409, "stale-attempt", str(error))
    if isinstance(error, queue.WeakSandboxError):
        return Problem(403, "weak-sandbox", str(error))
    if isinstance(error, runner_tokens.NotYourNameError):
        return Problem(403, "not-your-name", str(error))
    if isinstance(error, Submission.DoesNotExist):
        return NotFound("no job of this runner has this id")
    if isinstance(error, dispatch.ValidationError):
        found = [
            {"field": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors(include_input=False)
        ]
        return Problem(400, "bad-message", "the message does not follow the protocol", errors=found)
    return error
