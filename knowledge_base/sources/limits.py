"""Bounds of what one import may hold."""

MEBIBYTE = 1024 * 1024

MAX_FILES = 5_000
MAX_CONTENT_BYTES = 1 * MEBIBYTE
MAX_TOTAL_BYTES = 50 * MEBIBYTE
MAX_COMPRESSION_RATIO = 200
"""Prose shrinks to a third, the most repetitive logs to a fiftieth; beyond that it is a bomb."""

RATIO_CHECKED_FROM_BYTES = 64 * 1024
MAX_FRONT_MATTER_BYTES = 64 * 1024
MAX_FILE_BYTES = MAX_CONTENT_BYTES + MAX_FRONT_MATTER_BYTES
MAX_FRONT_MATTER_DEPTH = 70
"""More than a request's JSON may have: what was written over REST is exported and read again."""

MAX_PATH_LENGTH = 500
