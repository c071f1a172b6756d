"""What reviewing costs a learner on the roadmap: simulated learners, the site's own scheduler, limits and order.

    python -m benchmarks.review_load [LEARNERS]

Prints the table of docs/reviews.md. 200 learners take a few minutes; nothing here is timed: any machine gives the same.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from curriculum.files import read_library
from curriculum.references import weeks
from residual.reviews.simulation import Plan, simulate, summary, with_retention

AS_DESIGNED = Plan(weeks=[12] * 12)


def as_shipped() -> Plan:
    """The core questions of the quizzes that each week names, as the content stands."""
    library = read_library()
    core = {
        about.id: sum(question.core for question in quiz.questions)
        for file, quiz in library.quizzes.items()
        if (about := library.about(file))
    }
    met: set[str] = set()
    counts: list[int] = []
    for _field, week in weeks(library):
        quizzes = {activity.ref for activity in week.activities if activity.kind == "quiz" and activity.ref} - met
        counts.append(sum(core.get(quiz, 0) for quiz in quizzes))
        met |= quizzes
    return Plan(weeks=counts)


def plans() -> dict[str, Plan]:
    return {
        "defaults, 144 core cards": AS_DESIGNED,
        "defaults, the content as it is": as_shipped(),
        "every day": replace(AS_DESIGNED, attendance=1.0),
        "four days of seven": replace(AS_DESIGNED, attendance=4 / 7),
        "two weeks away": replace(AS_DESIGNED, away=range(35, 49)),
        "retention 0.80": with_retention(AS_DESIGNED, 0.80),
        "retention 0.95": with_retention(AS_DESIGNED, 0.95),
        "weekends off": replace(
            AS_DESIGNED,
            attendance=1.0,
            parameters=replace(AS_DESIGNED.parameters, easy_days=(100, 100, 100, 100, 100, 0, 0)),
        ),
    }


def main(learners: int) -> None:
    print(f"{learners} learners, {len(AS_DESIGNED.weeks)} weeks; answers and minutes per day on which they came\n")
    print("| plan | answers, mean | most | minutes, mean | most | days over 15 min | due reviews right |")
    print("|---|---|---|---|---|---|---|")
    for name, plan in plans().items():
        found = summary(simulate(plan, number) for number in range(learners))
        print(
            f"| {name} | {found.mean_answers:.1f} | {found.most_answers} | {found.mean_minutes:.1f} | "
            f"{found.most_minutes:.1f} | {found.over_quarter_hour} of {found.study_days:,} | {found.retention:.1%} |",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
