"""Everything wrong with the files is reported at once, each with its file and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from curriculum.files import field_path
from curriculum.loading import ContentError
from curriculum.sync import check
from tests.curriculum.factories import Content, activity, choice, numeric, paper, phase, roadmap, self_graded, week


def errors_of(content: Content, root: Path) -> list[tuple[str, str]]:
    return [(error.file, error.field) for error in check(content.write(root))]


def messages_of(content: Content, root: Path) -> str:
    return "\n".join(str(error) for error in check(content.write(root)))


def test_sound_content_has_no_errors(tmp_path: Path) -> None:
    assert check(Content().write(tmp_path)) == []


def test_all_errors_of_all_files_come_at_once(tmp_path: Path) -> None:
    content = (
        Content()
        .with_file("papers/ddpm/paper.yaml", paper(year="soon", colour="red"))
        .with_file("phases/first.yaml", "id: [unclosed\n")
        .with_file("papers/ddpm/quiz.yaml", {"questions": [choice(skill="")]})
    )

    found = errors_of(content, tmp_path)

    assert ("papers/ddpm/paper.yaml", "year") in found
    assert ("papers/ddpm/paper.yaml", "colour") in found
    assert ("phases/first.yaml", "") in found
    assert ("papers/ddpm/quiz.yaml", "questions[0].skill") in found


def test_references_into_a_broken_file_are_not_errors_of_their_own(tmp_path: Path) -> None:
    content = Content().with_file("papers/ddpm/paper.yaml", paper(year="soon"))

    assert errors_of(content, tmp_path) == [("papers/ddpm/paper.yaml", "year")]


def test_a_broken_roadmap_does_not_hide_or_make_errors_elsewhere(tmp_path: Path) -> None:
    content = Content().with_file("roadmap.yaml", roadmap(week(number=1, title=""))).with_file("extra.yaml", "a: 1")

    assert errors_of(content, tmp_path) == [("extra.yaml", ""), ("roadmap.yaml", "months[0].weeks[0].title")]


def test_a_yaml_mistake_names_its_line(tmp_path: Path) -> None:
    content = Content().with_file("phases/first.yaml", "id: p1\nslug: [a, b\ntitle: x\n")

    assert "line 3" in messages_of(content, tmp_path)


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    content = Content().with_file("papers/ddpm/paper.yaml", "id: ddpm\nid: other\n")

    assert "'id' is given twice" in messages_of(content, tmp_path)


def test_a_file_that_is_not_utf_8_is_an_error_and_no_crash(tmp_path: Path) -> None:
    root = Content().write(tmp_path)
    (root / "phases" / "first.yaml").write_bytes(b"title: \xff\xfe")

    assert check(root)[0].file == "phases/first.yaml"


def test_a_missing_roadmap_is_an_error(tmp_path: Path) -> None:
    assert ("roadmap.yaml", "") in errors_of(Content().without("roadmap.yaml"), tmp_path)


def test_a_file_that_nothing_reads_is_an_error(tmp_path: Path) -> None:
    content = Content().with_file("papers/ddpm/quizz.yaml", {"questions": []})

    assert errors_of(content, tmp_path) == [("papers/ddpm/quizz.yaml", "")]


def test_an_id_used_twice_is_reported_with_both_places(tmp_path: Path) -> None:
    content = Content().with_file("roadmap.yaml", roadmap(week(activities=[activity("p1.1")])))

    assert "the id p1.1 is used already in phases/first.yaml sections[0].id" in messages_of(content, tmp_path)


def test_two_weeks_can_not_share_a_slug(tmp_path: Path) -> None:
    content = Content().with_file("roadmap.yaml", roadmap(week(1), week(2, slug="week-1")))

    assert errors_of(content, tmp_path) == [("roadmap.yaml", "months[0].weeks[1].slug")]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (week(phases=["p9"]), "phases"),
        (week(activities=[activity(kind="lab", ref="lab-none")]), "activities[0].ref"),
        (week(activities=[activity(kind="quiz", ref="nobody", released=False)]), "activities[0].ref"),
        (week(activities=[activity(kind="reading", ref="nobody")]), "activities[0].ref"),
        (week(activities=[activity(kind="lab")]), "activities[0].ref"),
        (week(activities=[activity(kind="journal", ref="ddpm")]), "activities[0].ref"),
    ],
)
def test_a_reference_that_leads_nowhere_is_reported(tmp_path: Path, changed: dict[str, object], field: str) -> None:
    content = Content().with_file("roadmap.yaml", roadmap(changed))

    assert errors_of(content, tmp_path) == [("roadmap.yaml", f"months[0].weeks[0].{field}")]


def test_a_section_can_not_name_an_unknown_paper_or_lab(tmp_path: Path) -> None:
    section = phase()["sections"][0]
    section["papers"], section["items"][0]["labs"] = ["nobody"], ["lab-none"]
    content = Content().with_file("phases/first.yaml", phase(sections=[section]))

    assert errors_of(content, tmp_path) == [
        ("phases/first.yaml", "sections[0].items[0].labs"),
        ("phases/first.yaml", "sections[0].papers"),
    ]


def test_a_quiz_is_released_only_with_its_questions(tmp_path: Path) -> None:
    released = week(activities=[activity(kind="quiz", ref="ddpm")])
    content = Content().with_file("roadmap.yaml", roadmap(released)).without("papers/ddpm/quiz.yaml")

    assert errors_of(content, tmp_path) == [("roadmap.yaml", "months[0].weeks[0].activities[0].released")]


def test_a_folder_must_be_called_like_its_slug(tmp_path: Path) -> None:
    content = Content().with_file("papers/ddpm/paper.yaml", paper(slug="other"))

    assert errors_of(content, tmp_path) == [("papers/ddpm/paper.yaml", "slug")]


def test_every_broken_formula_is_named_with_its_file_and_field(tmp_path: Path) -> None:
    content = (
        Content()
        .with_file("papers/ddpm/paper.yaml", paper(summary="$\\frac{1$ and $\\nosuchthing$"))
        .with_file("papers/ddpm/quiz.yaml", {"questions": [numeric(notes=[{"answer": 3, "note": "$\\sqrt[$"}])]})
        .with_file("roadmap.yaml", roadmap(week(summary="$\\left($")))
    )

    assert sorted(errors_of(content, tmp_path)) == [
        ("papers/ddpm/paper.yaml", "summary"),
        ("papers/ddpm/paper.yaml", "summary"),
        ("papers/ddpm/quiz.yaml", "questions[0].notes[0].note"),
        ("roadmap.yaml", "months[0].weeks[0].summary"),
    ]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (choice(options=[{"id": "a", "text": "x", "correct": True}]), "at least 2 of these"),
        (choice(options=[{"id": "a", "text": "x"}, {"id": "b", "text": "y", "correct": True}]), "needs a note"),
        (
            choice(options=[{"id": "a", "text": "x", "correct": True}, {"id": "b", "text": "y", "correct": True}]),
            "exactly one correct option, not 2",
        ),
        (self_graded(core=True), "graded by machine"),
        (numeric(generator="causal_pairs"), "either an answer or a generator"),
        (numeric(answer=None, generator="nothing"), "there is no generator nothing"),
        (numeric(answer=None, generator="causal_pairs", prompt="{S}"), "the notes explain []"),
        (numeric(rtol=0.5, notes=[{"answer": 5, "note": "x"}]), "describes a right answer"),
    ],
)
def test_a_question_that_could_not_be_graded_is_refused(
    tmp_path: Path, question: dict[str, object], message: str
) -> None:
    content = Content().with_file("papers/ddpm/quiz.yaml", {"questions": [question]})

    assert message in messages_of(content, tmp_path)


def test_a_prompt_may_only_ask_for_fields_that_its_generator_draws(tmp_path: Path) -> None:
    notes = dict.fromkeys(["no_diagonal", "all_pairs", "half_square"], "No.")
    question = numeric(answer=None, generator="causal_pairs", prompt="{T} of $\\frac{a}{b}$", notes=notes)
    content = Content().with_file("papers/ddpm/quiz.yaml", {"questions": [question]})

    assert "causal_pairs draws no ['T']; it draws ['S']" in messages_of(content, tmp_path)


def test_field_paths_read_like_code() -> None:
    assert field_path(("weeks", 3, "title")) == "weeks[3].title"
    assert field_path(("questions", 0, "choice", "options", 1, "id")) == "questions[0].options[1].id"
    assert str(ContentError("a.yaml", "b", "c")) == "a.yaml: b: c"


def test_a_need_must_name_something_of_its_own_kind(tmp_path: Path) -> None:
    content = Content().with_file("roadmap.yaml", roadmap(week(needs=["p1"])))

    assert errors_of(content, tmp_path) == [("roadmap.yaml", "months[0].weeks[0].needs")]


def test_nothing_needs_itself_however_long_the_way_round(tmp_path: Path) -> None:
    first, second = week(number=1), week(number=2)
    first["needs"], second["needs"] = [second["id"]], [first["id"]]

    assert "a week would need itself: w" in messages_of(
        Content().with_file("roadmap.yaml", roadmap(first, second)), tmp_path
    )


def test_questions_cover_questions_that_exist_and_never_themselves(tmp_path: Path) -> None:
    questions = [
        choice(id="q.a", covers=["q.b"]),
        choice(id="q.b", covers=["q.c"]),
        choice(id="q.c", covers=["q.a"]),
        choice(id="q.d", covers=["q.gone"]),
    ]
    found = messages_of(Content().with_file("papers/ddpm/quiz.yaml", {"questions": questions}), tmp_path)

    assert "there is no question q.gone" in found
    assert all(f"q.{name} covers itself" in found for name in "abc")
    assert "q.d covers itself" not in found


def test_a_line_of_a_week_may_only_name_labs_that_the_week_has(tmp_path: Path) -> None:
    lines = [{"id": "w1.line", "kind": "coding", "text": "Write it.", "labs": ["lab-elsewhere"]}]
    content = Content().with_file("roadmap.yaml", roadmap(week(number=1, lines=lines)))

    assert "line w1.line names lab-elsewhere, which the week has no activity for" in messages_of(content, tmp_path)


TOPIC = {
    "id": "autograd",
    "slug": "autograd",
    "title": "Autograd",
    "summary": "Graphs.",
    "sources": [{"title": "The manual", "url": "https://example.org/manual"}],
}


def test_a_question_of_a_topic_names_one_of_its_sources(tmp_path: Path) -> None:
    asked = [choice("autograd.q.one", source="The manual, chapter 2"), choice("autograd.q.two", source="§2")]
    content = Content().with_file("topics/autograd/topic.yaml", TOPIC)
    content = content.with_file("topics/autograd/quiz.yaml", {"questions": asked})

    assert errors_of(content, tmp_path) == [("topics/autograd/quiz.yaml", "questions[1].source")]


def test_a_topic_is_named_by_its_folder_and_stands_beside_its_quiz(tmp_path: Path) -> None:
    content = Content().with_file("topics/other/topic.yaml", TOPIC)
    content = content.with_file("topics/alone/quiz.yaml", {"questions": [choice("alone.q.one")]})

    assert errors_of(content, tmp_path) == [("topics/alone/quiz.yaml", ""), ("topics/other/topic.yaml", "slug")]


def test_a_quiz_and_a_theory_may_be_about_a_topic(tmp_path: Path) -> None:
    of_week = [activity("w1.quiz", kind="quiz", ref="autograd"), activity("w1.theory", kind="theory", ref="autograd")]
    content = Content().with_file("roadmap.yaml", roadmap(week(activities=of_week)))
    content = content.with_file("topics/autograd/topic.yaml", TOPIC)

    assert errors_of(content, tmp_path) == [("roadmap.yaml", "months[0].weeks[0].activities[0].released")]
    whole = content.with_file(
        "topics/autograd/quiz.yaml", {"questions": [choice("autograd.q.one", source="The manual")]}
    )
    assert errors_of(whole, tmp_path) == []
