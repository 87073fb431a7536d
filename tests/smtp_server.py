"""A small real SMTP server in a thread (RFC 5321), for mail that tests want to read."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.serving import serving


class SmtpServer:
    """Keeps what arrives; `refusals` are answered to RCPT, one after the other, before it takes."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refusals: list[str] = []
        self.port = 0


@contextmanager
def smtp_server(port: int = 0) -> Iterator[SmtpServer]:
    """Run a server on `port`, by default a free one, for as long as the block lasts."""
    server = SmtpServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 ready")
            while line := self.rfile.readline():
                verb = line.decode().strip().upper()
                if verb.startswith("QUIT"):
                    self._say("221 bye")
                    return
                self._answer(verb)

        def _answer(self, verb: str) -> None:
            if verb.startswith("RCPT") and server.refusals:
                self._say(server.refusals.pop(0))
            elif verb == "DATA":
                self._say("354 go on")
                self._take()
                self._say("250 taken")
            else:
                if verb.startswith("RCPT"):
                    server.recipients.append(verb.partition("<")[2].partition(">")[0].lower())
                self._say("250 ok")

        def _take(self) -> None:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line[1:] if line.startswith(b"..") else line)
            mail = message_from_bytes(b"".join(lines), policy=policy.default)
            server.mails.append(mail)

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    class Listener(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    listener = Listener(("127.0.0.1", port), Handler)
    server.port = listener.server_address[1]
    with serving(listener):
        yield server
