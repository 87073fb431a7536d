"""How long and how many the parts of a definition may be."""

import re

MAX_STEPS = 1000
MAX_BYTES = 2 * 1024 * 1024
MAX_NAME = 255
MAX_SLUG = 255
MAX_DESCRIPTION = 5000
MAX_REASON = 2000
MAX_TAGS = 20
MAX_TAG = 50
MAX_CONCURRENCY = 2_147_483_647
MAX_RUN_SECONDS = 2_592_000
MAX_STEP_SECONDS = 86_400
MAX_CONDITION = 1000

STEP_ID = re.compile(r"\A(?=.*[A-Za-z0-9])[A-Za-z0-9_-]{1,100}\Z", re.ASCII)
SLUG = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_-]*\Z", re.ASCII)
