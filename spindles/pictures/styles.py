"""The style sheet inside pictures of runs and of steps, and the policy that allows it."""

from django.utils.safestring import SafeString

from node_links.pictures.styles import policy_of, read_stylesheet

STATES = "pictures/run_states.css"
"""What states look like, for drawings of features that show a run."""


def stylesheet() -> SafeString:
    """Return the style sheet."""
    return read_stylesheet(STATES, "pictures/run.css")


def content_security_policy() -> str:
    """Return the policy under which a picture is served."""
    return policy_of(stylesheet())
