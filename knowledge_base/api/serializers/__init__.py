"""The shapes of SOPs over REST, one module for each noun."""

from knowledge_base.api.serializers.importing import (
    ImportReportSerializer,
    ImportSerializer,
)
from knowledge_base.api.serializers.reading import (
    CategorySerializer,
    HeadingSerializer,
    RenderedSerializer,
)
from knowledge_base.api.serializers.references import (
    BacklinkSerializer,
    DanglingSerializer,
    ReferenceSerializer,
    TargetSerializer,
)
from knowledge_base.api.serializers.search import (
    HitSerializer,
    SearchQuerySerializer,
    SearchResultsSerializer,
)
from knowledge_base.api.serializers.sops import (
    ArchivedSopSerializer,
    SopListSerializer,
    SopSerializer,
    SopUpdateSerializer,
)
from knowledge_base.api.serializers.versions import (
    AcceptedSerializer,
    ArchiveSerializer,
    ComparisonSerializer,
)

__all__ = [
    "AcceptedSerializer",
    "ArchiveSerializer",
    "ArchivedSopSerializer",
    "BacklinkSerializer",
    "CategorySerializer",
    "ComparisonSerializer",
    "DanglingSerializer",
    "HeadingSerializer",
    "HitSerializer",
    "ImportReportSerializer",
    "ImportSerializer",
    "ReferenceSerializer",
    "RenderedSerializer",
    "SearchQuerySerializer",
    "SearchResultsSerializer",
    "SopListSerializer",
    "SopSerializer",
    "SopUpdateSerializer",
    "TargetSerializer",
]
