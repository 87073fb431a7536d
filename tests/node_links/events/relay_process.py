"""`python -m tests.node_links.events.relay_process NAME …`: a relay with these subscribers."""

import sys

import django
from django.core.management import call_command


def main() -> None:
    """Run it."""
    django.setup()
    from tests.node_links.events.effects import declare

    declare(*sys.argv[1:])
    call_command("relay")


if __name__ == "__main__":
    main()
