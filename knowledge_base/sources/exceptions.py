"""What is wrong with a source, in words that name the file."""


class SourceError(ValueError):
    """A file or a whole collection is refused.

    Attributes:
        path: the file as named in the collection, or empty when the collection itself is meant.
        code: stable identifier of the reason, such as `not_utf8`.
        message: the reason in one sentence, without the path.
    """

    def __init__(self, path: str, code: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.code = code
        self.message = message
