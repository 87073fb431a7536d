"""SOPs for operators: the list, the editor, versions side by side, search and import."""

from knowledge_base.admin import overview, sops

__all__ = ["overview", "sops"]
