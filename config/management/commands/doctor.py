"""`manage.py doctor`: what is wrong, and what to do."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.doctor import Finding, Level, examine

MARKS = {Level.OK: "✓", Level.ADVICE: "!", Level.WRONG: "✗"}


class Command(BaseCommand):
    """Prints one line for each thing examined, and a remedy under each that is not well.

    Ends with 1 where something is wrong, with 0 otherwise.
    """

    help = "Examine the installation: say what is wrong and what to do."
    # It has to run exactly when the checks would refuse to start anything.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Examine and tell."""
        findings = examine()
        bad = [finding for finding in findings if finding.level is Level.WRONG]
        if options["json"]:
            body = {"ok": not bad, "findings": [asdict(finding) for finding in findings]}
            self.stdout.write(json.dumps(body, indent=2))
        else:
            for finding in findings:
                self._tell(finding)
            self.stdout.write(self._verdict(len(bad)))
        if bad:
            sys.exit(1)

    def _tell(self, finding: Finding) -> None:
        paint = {
            Level.OK: self.style.SUCCESS,
            Level.ADVICE: self.style.WARNING,
            Level.WRONG: self.style.ERROR,
        }[finding.level]
        self.stdout.write(f"{paint(MARKS[finding.level])} {finding.subject:<14} {finding.message}")
        if finding.remedy:
            self.stdout.write(f"  {'':<14} → {finding.remedy}")

    def _verdict(self, bad: int) -> str:
        if bad:
            return self.style.ERROR(f"\n{bad} wrong. Follow the arrows, then run doctor again.")
        return self.style.SUCCESS("\nAll is well.")
