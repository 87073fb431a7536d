"""What can go wrong with the embedded servers, said so that the reader knows what to do."""


class EmbeddedError(Exception):
    """An embedded server cannot be prepared or started; the message says why and what to do."""
