"""`python -m tests.node_links.events.relay_process [--heavy] NAME …`: a relay with these."""

import sys

import django
from django.core.management import call_command


def main() -> None:
    """Run it."""
    django.setup()
    from tests.node_links.events.effects import declare

    names = sys.argv[1:]
    heavy = "--heavy" in names
    declare(*(name for name in names if name != "--heavy"), heavy=heavy)
    call_command("relay")


if __name__ == "__main__":
    main()
