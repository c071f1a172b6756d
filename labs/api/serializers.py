"""The learner API's records."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labs.models import CheckResult, Draft, DraftVersion, Lab, LabCheck, Submission


@extend_schema_field(str)
class SourceField(serializers.Field[str, str, str, Any]):
    """Source as it came: what is wrong with it, labs.source says in words and keeps as a draft."""

    default_error_messages = {"not_text": _("Give the source as a string.")}

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("not_text")
        return data

    def to_representation(self, value: str) -> str:
        return value


class LabCheckSerializer(serializers.ModelSerializer[LabCheck]):
    id = serializers.CharField(source="cid")

    class Meta:
        model = LabCheck
        fields = ["id", "title", "evidence", "skill", "teaches", "behavioural"]


class LabSerializer(serializers.ModelSerializer[Lab]):
    class Meta:
        model = Lab
        fields = ["id", "slug", "title", "summary", "minutes", "lane", "filename", "entry_points", "limits"]


class LabDetailSerializer(LabSerializer):
    checks = serializers.SerializerMethodField()

    class Meta(LabSerializer.Meta):
        fields = [*LabSerializer.Meta.fields, "brief_html", "starter", "checks"]

    def get_checks(self, lab: Lab) -> list[dict[str, Any]]:
        live = lab.checks.filter(retired_at__isnull=True)
        return [dict(LabCheckSerializer(check).data) for check in live]


class CheckResultSerializer(serializers.ModelSerializer[CheckResult]):
    id = serializers.CharField(source="cid")

    class Meta:
        model = CheckResult
        fields = ["id", "title", "evidence", "verdict", "message", "details", "usage"]


class SubmissionReceiptSerializer(serializers.ModelSerializer[Submission]):
    """What never changes about a submission: the same key gets the same answer."""

    lab = serializers.CharField(source="lab.slug")
    url = serializers.CharField(source="get_absolute_url")

    class Meta:
        model = Submission
        fields = ["id", "lab", "checks", "assisted", "created_at", "url"]


class SubmissionSerializer(SubmissionReceiptSerializer):
    class Meta(SubmissionReceiptSerializer.Meta):
        fields = [
            *SubmissionReceiptSerializer.Meta.fields,
            "status",
            "verdict",
            "attempt",
            "usage",
            "limits",
            "level",
            "message",
            "started_at",
            "finished_at",
        ]


class SubmissionDetailSerializer(SubmissionSerializer):
    results = CheckResultSerializer(many=True)

    class Meta(SubmissionSerializer.Meta):
        fields = [*SubmissionSerializer.Meta.fields, "source", "log", "results"]


class NewSubmissionSerializer(serializers.Serializer[Any]):
    source = SourceField()  # type: ignore[assignment]  # `source` is also a field's own attribute in DRF
    checks = serializers.ListField(child=serializers.CharField(max_length=64), required=False, allow_null=True)


class DraftSerializer(serializers.ModelSerializer[Draft]):
    source = SourceField()  # type: ignore[assignment]  # `source` is also a field's own attribute in DRF

    class Meta:
        model = Draft
        fields = ["source", "revision", "problem", "problem_line", "updated_at"]
        read_only_fields = ["problem", "problem_line", "updated_at"]
        extra_kwargs = {"revision": {"required": False}}


class VersionSerializer(serializers.ModelSerializer[DraftVersion]):
    class Meta:
        model = DraftVersion
        fields = ["id", "kind", "made_at", "added", "removed"]


class VersionDetailSerializer(serializers.ModelSerializer[DraftVersion]):
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]  # as in DraftSerializer

    class Meta:
        model = DraftVersion
        fields = [*VersionSerializer.Meta.fields, "source"]
