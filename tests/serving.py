"""Running a small server of the standard library in a thread for as long as a block lasts."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def serving(listener: socketserver.BaseServer) -> Iterator[None]:
    """Serve what `listener` hears, and free its port in the end."""
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join(5)
