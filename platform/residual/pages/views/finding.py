"""Finding things: the search page, and the index of the command palette."""

from __future__ import annotations

import hashlib
import json

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from residual.accounts.models import User
from residual.pages import palette, site_search


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """`?q=` over everything there is to read and do."""
    text = request.GET.get("q", "").strip()[: site_search.LONGEST_QUERY]
    groups = site_search.found(text, learner=request.user.is_authenticated) if text else []
    context = {"text": text, "groups": groups, "total": sum(group.count for group in groups)}
    return render(request, "pages/search.html", context)


@require_safe
def palette_index(request: HttpRequest) -> HttpResponseBase:
    """What this person may open, in their language. Asked for by the palette; 304 while it is the same."""
    entries = palette.entries(request.user if isinstance(request.user, User) else None)
    body = json.dumps({"entries": entries}, ensure_ascii=False, separators=(",", ":")).encode()
    response = HttpResponse(body, content_type="application/json")
    etag = quote_etag(hashlib.sha256(body).hexdigest()[:32])
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return get_conditional_response(request, etag, response=response) or response
