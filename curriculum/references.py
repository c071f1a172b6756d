"""The content files against each other: ids and slugs used once, references that lead somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePosixPath

from curriculum.files import Library
from curriculum.loading import ContentError
from curriculum.quiz_reasoning import KataQuestion
from curriculum.schema import ActivityPart, TopicFile, WeekPart

Place = tuple[str, str, str]  # file, field, id or slug


def reference_errors(library: Library) -> list[ContentError]:
    return [
        *_used_twice("id", _ids(library)),
        *_used_twice("slug", _slugs(library)),
        *_names(library),
        *_sections(library),
        *_weeks(library),
        *_needs(library),
        *_quizzes(library),
        *_topic_sources(library),
        *_covers(library),
        *_katas(library),
    ]


def _used_twice(what: str, places: Iterable[Place]) -> Iterator[ContentError]:
    first: dict[str, str] = {}
    for file, field, value in places:
        where = f"{file} {field}"
        if value in first:
            yield ContentError(file, field, f"the {what} {value} is used already in {first[value]}")
        first.setdefault(value, where)


def _ids(library: Library) -> Iterator[Place]:
    """Every id, whatever it names: one namespace keeps `ref`, completions and links unambiguous."""
    for file, about in (*library.papers.items(), *library.topics.items()):
        yield file, "id", about.id
    for file, quiz in library.quizzes.items():
        yield from ((file, f"questions[{index}].id", question.id) for index, question in enumerate(quiz.questions))
    for file, phase in library.phases.items():
        yield file, "id", phase.id
        for index, section in enumerate(phase.sections):
            yield file, f"sections[{index}].id", section.id
            for line, item in enumerate(section.items):
                yield file, f"sections[{index}].items[{line}].id", item.id
    yield from _roadmap_ids(library)


def _roadmap_ids(library: Library) -> Iterator[Place]:
    file = "roadmap.yaml"
    if library.roadmap is None:
        return
    for index, track in enumerate(library.roadmap.tracks):
        yield file, f"tracks[{index}].id", track.id
        yield from ((file, f"tracks[{index}].lines[{at}].id", line.id) for at, line in enumerate(track.lines))
    yield from ((file, f"labs[{index}].id", lab.id) for index, lab in enumerate(library.roadmap.labs))
    yield from ((file, f"months[{index}].id", month.id) for index, month in enumerate(library.roadmap.months))
    for field, week in weeks(library):
        yield file, f"{field}.id", week.id
        yield from ((file, f"{field}.lines[{at}].id", line.id) for at, line in enumerate(week.lines))
        yield from ((file, f"{field}.activities[{at}].id", item.id) for at, item in enumerate(week.activities))


def _slugs(library: Library) -> Iterator[Place]:
    """Slugs with what they are slugs of: a week and a paper may share one."""
    for file, paper in library.papers.items():
        yield file, "slug", f"paper {paper.slug}"
    for file, topic in library.topics.items():
        yield file, "slug", f"topic {topic.slug}"
    for file, phase in library.phases.items():
        yield file, "slug", f"phase {phase.slug}"
    for index, track in enumerate(library.roadmap.tracks if library.roadmap else ()):
        yield "roadmap.yaml", f"tracks[{index}].slug", f"track {track.slug}"
    for field, week in weeks(library):
        yield "roadmap.yaml", f"{field}.slug", f"week {week.slug}"


def weeks(library: Library) -> Iterator[tuple[str, WeekPart]]:
    """Each week with its field path in roadmap.yaml, in order."""
    for at, month in enumerate(library.roadmap.months if library.roadmap else ()):
        for index, week in enumerate(month.weeks):
            yield f"months[{at}].weeks[{index}]", week


def _names(library: Library) -> Iterator[ContentError]:
    """Folders of papers and topics and files of phases carry their slug: each is found from its page's address."""
    slugs = {file: about.slug for file, about in library.papers.items()}
    slugs |= {file: about.slug for file, about in library.topics.items()}
    for file, slug in slugs.items():
        if PurePosixPath(file).parent.name != slug:
            yield ContentError(file, "slug", f"the folder is called otherwise than the slug {slug}")
    for file, phase in library.phases.items():
        if PurePosixPath(file).stem != phase.slug:
            yield ContentError(file, "slug", f"the file is called otherwise than the slug {phase.slug}")


def _sections(library: Library) -> Iterator[ContentError]:
    papers, labs = _papers(library), _labs(library)
    for file, phase in library.phases.items():
        for index, section in enumerate(phase.sections):
            field = f"sections[{index}]"
            yield from _dangling(file, f"{field}.papers", section.papers, papers, "paper")
            for at, item in enumerate(section.items):
                yield from _dangling(file, f"{field}.items[{at}].labs", item.labs, labs, "lab")


def _weeks(library: Library) -> Iterator[ContentError]:
    file = "roadmap.yaml"
    phases = {phase.id for phase in library.phases.values()} | library.broken_ids
    for field, week in weeks(library):
        yield from _dangling(file, f"{field}.phases", week.phases, phases, "phase")
        for at, activity in enumerate(week.activities):
            yield from _activity(library, f"{field}.activities[{at}]", activity)


def _needs(library: Library) -> Iterator[ContentError]:
    """Each need names something of its own kind, and nothing needs itself, however long the way round."""
    phases = {phase.id: (file, "needs", phase.needs) for file, phase in library.phases.items()}
    of_weeks = {week.id: ("roadmap.yaml", f"{field}.needs", week.needs) for field, week in weeks(library)}
    named = library.roadmap.labs if library.roadmap else ()
    labs = {lab.id: ("roadmap.yaml", f"labs[{index}].needs", lab.needs) for index, lab in enumerate(named)}
    for what, items in (("phase", phases), ("week", of_weeks), ("lab", labs)):
        for file, field, needs in items.values():
            yield from _dangling(file, field, needs, items.keys() | library.broken_ids, what)
        yield from _circles(items, what)


def _circles(items: Mapping[str, tuple[str, str, Sequence[str]]], what: str) -> Iterator[ContentError]:
    sorter = TopologicalSorter({key: needs for key, (_file, _field, needs) in items.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        file, field, _needs = items[circle[0]]
        yield ContentError(file, field, f"a {what} would need itself: {' → '.join(circle)}")


def _activity(library: Library, field: str, activity: ActivityPart) -> Iterator[ContentError]:
    file, ref = "roadmap.yaml", activity.ref
    if activity.kind in ("lab", "quiz") and ref is None:
        yield ContentError(file, f"{field}.ref", f"a {activity.kind} must name what it is about")
    elif activity.kind == "journal" and ref is not None:
        yield ContentError(file, f"{field}.ref", "a journal is about itself and names nothing")
    elif ref is not None:
        of_text = _papers(library) | _topics(library)
        known, what = (_labs(library), "lab") if activity.kind == "lab" else (of_text, "paper or topic")
        yield from _dangling(file, f"{field}.ref", [ref], known, what)
    if activity.kind == "quiz" and activity.released and ref not in _quizzed(library):
        yield ContentError(file, f"{field}.released", f"{ref} has no quiz.yaml yet")


def _quizzes(library: Library) -> Iterator[ContentError]:
    broken = {error.file for error in library.errors}
    for file in library.quizzes:
        name = "paper.yaml" if file.startswith("papers/") else "topic.yaml"
        if library.about(file) is None and file.replace("quiz.yaml", name) not in broken:
            yield ContentError(file, "", f"there is no {name} beside this quiz")


def _topic_sources(library: Library) -> Iterator[ContentError]:
    """A question of a topic says which of the topic's sources it rests on, so that the card can link it."""
    for file, quiz in library.quizzes.items():
        topic = library.about(file)
        if not isinstance(topic, TopicFile):
            continue
        titles = tuple(source.title for source in topic.sources)
        for index, question in enumerate(quiz.questions):
            if not question.source.startswith(titles):
                text = f"{question.source} begins with none of the sources of {topic.slug}: {'; '.join(titles)}"
                yield ContentError(file, f"questions[{index}].source", text)


def _covers(library: Library) -> Iterator[ContentError]:
    """Questions cover questions that exist, and no chain of them comes back to where it began."""
    covers = {question.id: question.covers for quiz in library.quizzes.values() for question in quiz.questions}
    known = set(covers) | library.broken_ids
    for file, quiz in library.quizzes.items():
        for index, question in enumerate(quiz.questions):
            field = f"questions[{index}].covers"
            yield from _dangling(file, field, question.covers, known, "question")
            if question.id in _reached(question.covers, covers):
                yield ContentError(file, field, f"{question.id} covers itself, directly or through others")


def _katas(library: Library) -> Iterator[ContentError]:
    """Katas name labs of the roadmap; whether the catalogue holds them is asked when all rooms are synced."""
    labs = _labs(library)
    for file, quiz in library.quizzes.items():
        for index, question in enumerate(quiz.questions):
            if isinstance(question, KataQuestion):
                yield from _dangling(file, f"questions[{index}].lab", [question.lab], labs, "lab")


def _reached(ids: Iterable[str], covers: Mapping[str, Sequence[str]]) -> set[str]:
    """All that these questions cover, themselves included."""
    reached: set[str] = set()
    waiting = list(ids)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += covers.get(name, ())
    return reached


def _dangling(file: str, field: str, refs: Iterable[str], known: AbstractSet[str], what: str) -> Iterator[ContentError]:
    return (ContentError(file, field, f"there is no {what} {ref}") for ref in refs if ref not in known)


def _papers(library: Library) -> set[str]:
    return {paper.id for paper in library.papers.values()} | library.broken_ids


def _topics(library: Library) -> set[str]:
    return {topic.id for topic in library.topics.values()}


def _labs(library: Library) -> set[str]:
    return {lab.id for lab in (library.roadmap.labs if library.roadmap else ())} | library.broken_ids


def _quizzed(library: Library) -> set[str]:
    sound = {about.id for file in library.quizzes if (about := library.about(file))}
    return sound | library.broken_ids
