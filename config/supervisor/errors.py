"""Why Nodeloom cannot start or go on."""


class SupervisorError(Exception):
    """The start failed or a process gave up; the message is for the person at the terminal."""


class StopRequested(BaseException):  # noqa: N818 - like KeyboardInterrupt, it is not an error
    """Ctrl-C or a termination signal arrived; raised in the main thread wherever it stands."""
