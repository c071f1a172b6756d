"""What happens to the code on the bench besides judging it: kept, brought in, taken out, compared, brought back."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labs import drafts, queries, texts
from labs.diff import compare
from labs.drafts import Kind
from labs.models import Lab
from labs.notebook import MAX_BYTES, NotebookError, is_notebook, notebook_source
from labs.source import keepable
from labs.views.people import learner

READ_AT_MOST: Final = MAX_BYTES + 1


@require_POST
@login_required
def save(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep the editor's text. A tab that is behind another gets 409 and a note; its text is in the history."""
    found = queries.live_lab(slug)
    by_script = bool(request.headers.get("HX-Request"))
    kind = Kind.TYPED if by_script and "by_hand" not in request.POST else Kind.SAVED
    kept = drafts.keep(learner(request), found, request.POST.get("source", ""), kind, base=base_of(request))
    if by_script:
        return _state(request, found, kept)
    if kept.aside:
        messages.warning(request, _("Another tab saved this lab after this one was opened. Both texts are kept."))
        return redirect(f"{reverse('labs:history', args=[slug])}?a={texts.NOW}&b=v{kept.aside.pk}")
    messages.success(request, _("Draft saved."))
    return redirect(found)


@require_POST
@login_required
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a Python file or a notebook's code into the editor without submitting it."""
    found = queries.live_lab(slug)
    keep_the_page(request, found)
    try:
        file = chosen_file(request)
    except NotebookError as refused:
        messages.error(request, str(refused))
        return redirect(found)
    if file is None:
        messages.error(request, _("Choose a file first."))
        return redirect(found)
    drafts.keep(learner(request), found, keepable(file), Kind.UPLOADED)
    messages.success(request, _("The file is in the editor. It is not submitted yet."))
    return redirect(found)


@require_POST
@login_required
def reset(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring the starter back. What is on the page goes into the history first, saved or not."""
    found = queries.live_lab(slug)
    keep_the_page(request, found)
    drafts.keep(learner(request), found, found.starter, Kind.RESET)
    messages.success(request, _("The editor holds the starter again. What you had is in the history."))
    return redirect(found)


@require_POST
@login_required
def restore(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a text of the history into the editor; what was there stays in the history."""
    found = queries.live_lab(slug)
    text = texts.text_of(learner(request), found, request.POST.get("ref", ""))
    drafts.keep(learner(request), found, text.source, Kind.RESTORED)
    messages.success(request, _("It is in the editor again. What was there before is in the history."))
    return redirect(found)


@require_POST
@login_required
def download(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What is in the editor, saved or not, as a file."""
    found = queries.live_lab(slug)
    headers = {"Content-Disposition": f'attachment; filename="{found.filename}"'}
    return HttpResponse(request.POST.get("source", ""), content_type="text/x-python; charset=utf-8", headers=headers)


@require_safe
@login_required
def history(request: HttpRequest, slug: str) -> HttpResponse:
    """Every version and submission, and the difference between any two of them: `?a=` against `?b=`."""
    found, user = queries.live_lab(slug), learner(request)
    before = request.GET.get("a") or texts.latest_submission(user, found) or texts.STARTER
    one = texts.text_of(user, found, before)
    other = texts.text_of(user, found, request.GET.get("b") or texts.NOW)
    context = {
        "lab": found,
        "one": one,
        "other": other,
        "diff": compare(one.source, other.source),
        "rows": texts.all_texts(user, found),
        "level": queries.sandbox_level(),
    }
    return render(request, "labs/history.html", context)


def keep_the_page(request: HttpRequest, found: Lab) -> None:
    """What the page held goes into the history, saved or not, before something else takes its place."""
    if source := request.POST.get("source", ""):
        drafts.keep(learner(request), found, source, Kind.SAVED)


def base_of(request: HttpRequest) -> int | None:
    """The draft's revision that the page was made from; None where the form does not say."""
    told = request.POST.get("base", "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else None


def chosen_file(request: HttpRequest) -> bytes | None:
    """The uploaded file, a notebook as its code; of one that is far too large, enough to say so.

    None if no file was chosen. Raises NotebookError.
    """
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return None
    data = bytes(file.read(READ_AT_MOST))
    return notebook_source(data).encode("utf-8", "replace") if is_notebook(file.name or "") else data


def _state(request: HttpRequest, found: Lab, kept: drafts.Kept) -> HttpResponse:
    told = {word: word in request.POST for word in ("back", "left")}  # text that a browser kept while offline
    context = {"lab": found, "draft": kept.draft, "aside": kept.aside, **told}
    answer = render(request, "labs/_draft_state.html", context, status=409 if kept.aside else 200)
    answer["X-Draft-Revision"] = str(kept.draft.revision)
    return answer
