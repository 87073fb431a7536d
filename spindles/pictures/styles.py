"""The style sheets inside pictures of runs and of steps."""

STATES = "pictures/run_states.css"
"""What states look like, for drawings of features that show a run."""
STYLES = (STATES, "pictures/run.css")
