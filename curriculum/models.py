"""The curriculum in the database: a copy of curriculum/content, written by curriculum.sync and by nothing else.

Every table's primary key is the content's immutable id. Items that leave the content are retired, never deleted, so
that completions, cards and submissions that point at them stay whole.
"""

from __future__ import annotations

from typing import ClassVar, Self, TypeVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

_Item_co = TypeVar("_Item_co", bound="Content", covariant=True)


class LiveQuerySet(models.QuerySet[_Item_co]):
    def live(self) -> Self:
        """Items that the content still holds."""
        return self.filter(retired_at__isnull=True)


class Content(models.Model):
    """What every synced item carries: an immutable id, the digest of what was last written, and a retirement date."""

    id = models.CharField(primary_key=True, max_length=80)
    order = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = LiveQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["order", "id"]


class Addressed(Content):
    """Content with a page of its own. Slugs are unique among live items; retired ones keep theirs."""

    slug = models.SlugField(max_length=80)

    class Meta(Content.Meta):
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(retired_at__isnull=True), name="one_live_%(class)s_per_slug"
            ),
        ]


class Track(Addressed):
    """A way through the curriculum: the twelve-week roadmap, the seven phases."""

    title = models.CharField(max_length=200)
    intro_html = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class TrackLine(Content):
    """One line of a track's own page."""

    class Kind(models.TextChoices):
        OBJECTIVE = "objective"
        PRINCIPLE = "principle"
        TIMELINE = "timeline"
        TOOL = "tool"

    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    title = models.CharField(max_length=200, blank=True)
    text_html = models.TextField()

    def __str__(self) -> str:
        return self.id


class Paper(Addressed):
    title = models.CharField(max_length=300)
    authors = models.CharField(max_length=600)
    year = models.PositiveSmallIntegerField()
    venue = models.CharField(max_length=120, blank=True)
    arxiv = models.CharField(max_length=20, blank=True)
    url = models.URLField(max_length=300)
    summary_html = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("paper", args=[self.slug])

    @property
    def quiz_url(self) -> str:
        return reverse("reviews:quiz", args=[self.slug])


class Topic(Addressed):
    """A subject of a week that no single paper covers, with the sources that its questions rest on."""

    title = models.CharField(max_length=200)
    summary_html = models.TextField(blank=True)
    sources = models.JSONField(default=list)  # [{title, url}]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("topic", args=[self.slug])

    @property
    def quiz_url(self) -> str:
        return reverse("reviews:topic-quiz", args=[self.slug])


class Phase(Addressed):
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    timeline = models.CharField(max_length=60, blank=True)
    intro_html = models.TextField(blank=True)
    needs = models.ManyToManyField("self", symmetrical=False, related_name="leads_to", blank=True)

    def __str__(self) -> str:
        return self.title


class Section(Content):
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="sections")
    title = models.CharField(max_length=200)
    intro_html = models.TextField(blank=True)
    papers = models.ManyToManyField(Paper, related_name="sections", blank=True)

    def __str__(self) -> str:
        return self.title


class SectionItem(Content):
    """One line of a section: a topic, a resource, a tutorial, a hands-on task or a tool."""

    class Kind(models.TextChoices):
        TOPIC = "topic"
        RESOURCE = "resource"
        TUTORIAL = "tutorial"
        HANDS_ON = "hands_on"
        TOOL = "tool"

    class Cost(models.TextChoices):
        """What reading or taking it costs the learner, as its publisher says."""

        FREE = "free", _("free")
        PARTLY_FREE = "partly_free", _("free in part")
        PAID = "paid", _("costs money")

    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="items")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    text_html = models.TextField()
    medium = models.CharField(max_length=40, blank=True)  # book, course, documentation, ...
    cost = models.CharField(max_length=12, choices=Cost.choices, blank=True)
    url = models.URLField(max_length=300, blank=True)
    correction_html = models.TextField(blank=True)  # where the source document errs
    labs = models.JSONField(default=list, blank=True)  # [{id, title}] of labs, in the catalogue or planned

    def __str__(self) -> str:
        return self.id


class NamedLab(Content):
    """A lab that weeks and phases may name, in the catalogue already or planned. `id` is the lab's own."""

    title = models.CharField(max_length=200)
    needs = models.ManyToManyField("self", symmetrical=False, related_name="leads_to", blank=True)

    def __str__(self) -> str:
        return self.title


class Month(Content):
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.title


class Week(Addressed):
    month = models.ForeignKey(Month, on_delete=models.PROTECT, related_name="weeks")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    topic = models.CharField(max_length=120)  # the words of the progress table, shorter than the title
    capstone = models.BooleanField(default=False)
    summary_html = models.TextField(blank=True)
    phases = models.ManyToManyField(Phase, related_name="weeks", blank=True)
    needs = models.ManyToManyField("self", symmetrical=False, related_name="leads_to", blank=True)

    def __str__(self) -> str:
        return self.title


class WeekLine(Content):
    """One line of a week as the roadmap states it."""

    class Kind(models.TextChoices):
        DESCRIPTION = "description"
        FOCUS = "focus"
        THEORY = "theory"
        CODING = "coding"
        PROJECT = "project"
        GOAL = "goal"
        MILESTONE = "milestone"

    week = models.ForeignKey(Week, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    text_html = models.TextField()

    def __str__(self) -> str:
        return self.id


class Activity(Content):
    """Something a learner does in a week, and what the weekly table counts.

    `ref` names what completes it: a lab's id, a quiz's paper or topic, or the activity's own id for readings, theory
    and journal. `paper` or `topic` is what a quiz, a reading or theory is about.
    A lab or quiz that does not exist yet still counts in the denominator (`released` is False): a week can't be
    completed by ticks alone.
    """

    class Kind(models.TextChoices):
        LAB = "lab"
        QUIZ = "quiz"
        READING = "reading"
        THEORY = "theory"
        JOURNAL = "journal"

    week = models.ForeignKey(Week, on_delete=models.PROTECT, related_name="activities")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    ref = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    minutes = models.PositiveSmallIntegerField()
    stretch = models.BooleanField(default=False)
    released = models.BooleanField(default=True)
    paper = models.ForeignKey(Paper, null=True, blank=True, on_delete=models.PROTECT, related_name="activities")
    topic = models.ForeignKey(Topic, null=True, blank=True, on_delete=models.PROTECT, related_name="activities")

    class Meta(Content.Meta):
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["kind", "ref"])]

    def __str__(self) -> str:
        return self.title

    @property
    def about(self) -> Paper | Topic | None:
        return self.paper or self.topic


class Question(Content):
    """A quiz question. `spec` holds what its kind needs (docs/content.md); ask it through curriculum.questions."""

    class Kind(models.TextChoices):
        CHOICE = "choice"
        MULTIPLE = "multiple"
        NUMERIC = "numeric"
        SHAPE = "shape"
        EXPRESSION = "expression"
        CLOZE = "cloze"
        ORDERING = "ordering"
        CONTRAST = "contrast"
        WHAT_IF = "what_if"
        CLAIM = "claim"
        BUG = "bug"
        KATA = "kata"
        SELF = "self"

    paper = models.ForeignKey(Paper, null=True, blank=True, on_delete=models.PROTECT, related_name="questions")
    topic = models.ForeignKey(Topic, null=True, blank=True, on_delete=models.PROTECT, related_name="questions")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    skill = models.CharField(max_length=80)
    source = models.CharField(max_length=200)  # section, equation or table of the paper; or one of the topic's sources
    core = models.BooleanField(default=False)
    prompt_html = models.TextField()  # may hold {name} fields of a parameterised question
    explanation_html = models.TextField()
    spec = models.JSONField()
    covers = models.JSONField(default=list, blank=True)  # ids of easier questions that a right answer contains

    class Meta(Content.Meta):
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["skill"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(paper__isnull=True, topic__isnull=False)
                | models.Q(paper__isnull=False, topic__isnull=True),
                name="question_is_about_a_paper_or_a_topic",
            ),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def about(self) -> Paper | Topic:
        return self.paper or self.topic  # type: ignore[return-value]  # the database holds exactly one

    @property
    def about_id(self) -> str:
        """The id under which *learned* and *kept* of this quiz are completed."""
        return self.paper_id or self.topic_id  # type: ignore[return-value]  # the database holds exactly one

    @property
    def is_whole_lab(self) -> bool:
        """A kata without checks of its own: a lab again, from an empty file. It waits until that lab is passed."""
        return self.kind == self.Kind.KATA and not self.spec["checks"]

    @property
    def source_url(self) -> str:
        """Where the source can be read."""
        if self.paper:
            return self.paper.url
        sources = self.topic.sources if self.topic else []
        return next((source["url"] for source in sources if self.source.startswith(source["title"])), "")
