"""References between SOPs."""

from config.api.serializers import ModelSerializer
from knowledge_base.models import Sop, SopReference


class TargetSerializer(ModelSerializer[Sop]):
    """An SOP at the other end of a reference."""

    class Meta:
        model = Sop
        fields = ("id", "title", "category", "status", "version")


class ReferenceSerializer(ModelSerializer[SopReference]):
    """A reference as it is written, and what it means; `target` is null while it dangles."""

    target = TargetSerializer(allow_null=True)

    class Meta:
        model = SopReference
        fields = ("kind", "raw_target", "fragment", "label", "position", "target")


class BacklinkSerializer(ModelSerializer[SopReference]):
    """A reference elsewhere that means this SOP."""

    sop = TargetSerializer()

    class Meta:
        model = SopReference
        fields = ("kind", "raw_target", "fragment", "label", "sop")


class DanglingSerializer(ModelSerializer[SopReference]):
    """A reference that means nothing yet, and the SOP that holds it."""

    sop = TargetSerializer()

    class Meta:
        model = SopReference
        fields = ("kind", "raw_target", "fragment", "label", "position", "sop")
