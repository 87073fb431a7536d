"""Function models for operators: the list, the form with its picture, versions side by side."""

from function_models.admin import models, overview

__all__ = ["models", "overview"]
