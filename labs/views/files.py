"""Files of a lab that learners may have."""

from __future__ import annotations

import base64

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from labs import queries


@require_safe
@login_required
def probe(_request: HttpRequest, slug: str) -> HttpResponse:
    """The lab's `probe.py`, which runs beside a learner's code and is no secret; 404 for a lab without one."""
    encoded = queries.live_lab(slug).judge.files.get("probe.py")
    if encoded is None:
        raise Http404("this lab has no probe")
    headers = {"Content-Disposition": 'attachment; filename="probe.py"'}
    return HttpResponse(base64.b64decode(encoded), content_type="text/x-python; charset=utf-8", headers=headers)
