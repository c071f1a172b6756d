"""What can't be judged is refused with words that help, and kept as a draft."""

from __future__ import annotations

import warnings

import pytest

from labs import services
from labs.models import Draft, Submission
from labs.source import SourceProblemError, read_source
from tests.factories import SOURCE, make_lab, make_user

UNREADABLE = "\N{REPLACEMENT CHARACTER}"
TOO_LARGE = SOURCE.encode() + b"#" * (256 * 1024)
BAD = {
    "empty": (b"", "empty", "There is no code yet", ""),
    "blank": (b" \n\t\n", "empty", "There is no code yet", " \n\t\n"),
    "too large": (TOO_LARGE, "too_large", "257 KiB; 256 KiB is the most", TOO_LARGE[: 256 * 1024].decode()),
    "latin-1": (
        b"# caf\xe9\n" + SOURCE.encode(),
        "not_utf8",
        "Line 1 is not UTF-8",
        f"# caf{UNREADABLE}\n{SOURCE}",
    ),
    "second line": (b"x = 1\n# \xff\n", "not_utf8", "Line 2 is not UTF-8", f"x = 1\n# {UNREADABLE}\n"),
    "half a pair": ("x = '\ud800'\n", "not_utf8", "Line 1 is not UTF-8", None),
    "already replaced": (f"\n# {UNREADABLE}\n", "not_utf8", "Line 2 is not UTF-8", None),
    "NUL": (b"x = 1\n\x00\n", "nul", "Line 2 holds a NUL byte", "x = 1\n␀\n"),
    "syntax": (b"x = 1\ndef f(:\n", "syntax", "Line 2 of attention.py does not compile", "x = 1\ndef f(:\n"),
    "return outside": (b"def attention(): pass\nreturn 1\n", "syntax", "Line 2 of attention.py does not compile", None),
    "too many digits": (b"x = " + b"9" * 5000, "syntax", "does not compile", None),
    "deep": (b"x = " + b"-" * 100_000 + b"1", "syntax", "nested too deeply", None),
    "deep attributes": (b"x = a" + b".b" * 100_000, "syntax", "nested too deeply", None),
    "brackets": (b"x = " + b"(" * 1000 + b")" * 1000, "syntax", "does not compile", None),
    "other name": (b"def attend(q): pass\n", "entry_point", "does not define attention at its top level", None),
    "inside a class": (b"class A:\n    def attention(): pass\n", "entry_point", "does not define attention", None),
    "inside a function": (b"def f():\n    def attention(): pass\n", "entry_point", "does not define", None),
}
GOOD = {
    "function": "def attention(q, k, v): return v",
    "async": "async def attention(q): ...",
    "class": "class attention: ...",
    "assigned": "attention = lambda q, k, v: v",
    "annotated": "attention: object = print",
    "unpacked": "a, (attention, b) = 1, (2, 3)",
    "imported": "from math import sqrt as attention",
    "star import": "from somewhere import *",
    "in if": "if True:\n    def attention(): ...",
    "in else": "if False:\n    pass\nelse:\n    def attention(): ...",
    "in try": "try:\n    import x\nexcept ImportError:\n    def attention(): ...",
    "in with": "with open('x') as f:\n    attention = 1",
    "byte order mark": "\ufeffdef attention(): ...",
    "invalid escape, which only warns": "def attention(): return '\\d'",
}


@pytest.mark.django_db
@pytest.mark.parametrize(("raw", "code", "words", "kept"), BAD.values(), ids=BAD.keys())
def test_bad_code_is_refused_in_words_and_kept_as_the_draft(
    raw: bytes | str, code: str, words: str, kept: str | None
) -> None:
    user, lab = make_user(), make_lab()
    with pytest.raises(SourceProblemError, match=words) as refused:
        services.submit(user, lab, raw)
    draft = Draft.objects.get(user=user, lab=lab)
    assert refused.value.code == code
    assert draft.problem == refused.value.message
    assert kept is None or draft.source == kept
    assert not Submission.objects.exists()


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD.keys())
def test_every_way_to_define_the_entry_point_is_accepted(source: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_source(source, filename="attention.py", entry_points=["attention"]) == source.lstrip("\ufeff")


def test_every_missing_entry_point_is_named() -> None:
    with pytest.raises(SourceProblemError, match="does not define forward, loss at"):
        read_source("x = 1\n", filename="block.py", entry_points=["forward", "x", "loss"])


def test_looking_at_code_never_runs_it() -> None:
    hostile = "raise SystemExit\nwhile True: pass\ndef attention(): ...\n"
    assert read_source(hostile, filename="attention.py", entry_points=["attention"]) == hostile


def test_exactly_256_kib_is_accepted() -> None:
    source = SOURCE + "#" * (256 * 1024 - len(SOURCE))
    assert read_source(source, filename="attention.py", entry_points=["attention"]) == source


@pytest.mark.django_db
def test_a_refused_draft_becomes_clean_with_the_next_good_submission() -> None:
    user, lab = make_user(), make_lab()
    with pytest.raises(SourceProblemError):
        services.submit(user, lab, "def f(:")
    services.submit(user, lab, SOURCE)
    assert Draft.objects.get().problem == ""
