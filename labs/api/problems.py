"""Errors of the API as RFC 9457 problem details: one shape, words for people, a `type` for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler


class Problem(APIException):
    """An error with a `type` of its own: `raise Problem(409, "stale-attempt", "…")`."""

    def __init__(self, status: int, kind: str, detail: str, **extra: Any) -> None:
        super().__init__(detail, kind)
        self.status_code = status
        self.kind = kind
        self.extra = extra


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. Unexpected errors are left to Django, which logs them and answers 500."""
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = _body(error, response)
    response.content_type = "application/problem+json"
    return response


def _body(error: Exception, response: Response) -> dict[str, Any]:
    status = response.status_code
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if isinstance(error, Problem):
        return {**body, "type": f"urn:residual:{error.kind}", "detail": str(error.detail), **error.extra}
    if isinstance(error, ValidationError):
        return {**body, "detail": _("Some fields are wrong: see errors."), "errors": response.data}
    detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
    return {**body, "detail": str(detail)}
