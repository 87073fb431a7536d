"""`manage.py doctor`: looks at everything the platform stands on and says what to do about it."""

from config.doctor.examinations import examine
from config.doctor.findings import Finding, Level

__all__ = ["Finding", "Level", "examine"]
