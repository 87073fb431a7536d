"""Enumerations of the knowledge base."""

from django.db.models import TextChoices


class ContentType(TextChoices):
    """What kind of document an SOP is."""

    PROCEDURE = "procedure"
    GUIDELINE = "guideline"
    TEMPLATE = "template"
    REFERENCE = "reference"


class Complexity(TextChoices):
    """How demanding it is to follow."""

    SIMPLE = "simple"
    MODERATE = "moderate"
    COMPLEX = "complex"


class SearchMode(TextChoices):
    """How passages are found: by words, by meaning, or by both, fused."""

    HYBRID = "hybrid"
    TEXT = "text"
    SEMANTIC = "semantic"


class ReferenceKind(TextChoices):
    """How a reference is written in Markdown."""

    MARKDOWN = "markdown"
    WIKILINK = "wikilink"
    EMBED = "embed"


# Offered where nobody has made categories yet; any text is accepted.
SUGGESTED_CATEGORIES = (
    "Customer Management",
    "IT Operations",
    "Development",
    "Sales & Marketing",
)
