"""Messages over a pipe: the length in four bytes, most significant first, then the content."""

import os
import struct

_LENGTH = struct.Struct(">I")


def write_frame(descriptor: int, content: bytes) -> None:
    """Write one message."""
    left = memoryview(_LENGTH.pack(len(content)) + content)
    while left:
        left = left[os.write(descriptor, left) :]


def read_frame(descriptor: int) -> bytes | None:
    """Return the next message, None at the end. Not a byte more is read than belongs to it."""
    head = _read(descriptor, _LENGTH.size)
    return None if head is None else _read(descriptor, _LENGTH.unpack(head)[0])


def _read(descriptor: int, size: int) -> bytes | None:
    found = bytearray()
    while len(found) < size:
        part = os.read(descriptor, size - len(found))
        if not part:
            return None
        found += part
    return bytes(found)
