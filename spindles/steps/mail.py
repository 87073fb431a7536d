"""A step that sends one e-mail."""

import re
from email.utils import formataddr
from smtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from typing import Annotated, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from pydantic import AfterValidator, BeforeValidator, Field

from spindles.choices import Category
from spindles.registry.kinds import StepContext, StepKind
from spindles.registry.results import Done, StepError
from spindles.steps.params import Params

MAX_RECIPIENTS = 50
_TEMPORARY = range(400, 500)
_ADDRESS = re.compile(r"(?P<name>[^<>\r\n]*)<(?P<named>[^<>\s]+)>|(?P<bare>[^<>\s]+)")
# A longer line of a header would be folded, which not everybody reads well.
_ID_DIGITS = 32


def _address(value: str) -> str:
    """Return `name <a@b>` or `a@b` as a header takes it. Raises `ValueError`."""
    found = _ADDRESS.fullmatch(value.strip())
    address = found and (found["named"] or found["bare"])
    try:
        validate_email(address)
    except ValidationError:
        raise ValueError("This is no e-mail address.") from None
    name = found["name"].strip().strip('"') if found and found["name"] else ""
    return formataddr((name, str(address)))


def _as_list(value: Any) -> Any:
    """Return the addresses of a text with commas; what is wrong is told of the whole text."""
    return [_address(part) for part in value.split(",")] if isinstance(value, str) else value


def _one_line(text: str) -> str:
    """Return `text` without the line breaks that would end a header."""
    return " ".join(text.split())


Address = Annotated[str, Field(max_length=320), AfterValidator(_address)]
Addresses = Annotated[list[Address], BeforeValidator(_as_list), Field(max_length=MAX_RECIPIENTS)]


class EmailParams(Params):
    """One mail."""

    to: Annotated[Addresses, Field(min_length=1)] = Field(
        title="To", description="Addresses: a list, or a text with commas"
    )
    cc: Addresses = Field(default=[], title="Cc")
    reply_to: Addresses = Field(default=[], title="Reply to")
    subject: Annotated[str, AfterValidator(_one_line)] = Field(
        min_length=1, max_length=500, title="Subject"
    )
    body: str = Field(max_length=1_000_000, title="Body", description="Plain text")
    html: str | None = Field(
        default=None, max_length=1_000_000, title="HTML", description="The body once more, as HTML"
    )


def send_mail(context: StepContext, params: EmailParams) -> Done:
    """Complete with `{message_id}`.

    The Message-ID follows from the idempotency key: a mail that is sent again because nobody knows
    whether it left has the same one. Raises `StepError`: `mail_server_away`, `mail_refused`.
    """
    message_id = (
        f"<{context.idempotency_key[:_ID_DIGITS]}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    )
    mail = EmailMultiAlternatives(
        subject=params.subject,
        body=params.body,
        to=params.to,
        cc=params.cc,
        reply_to=params.reply_to,
        # RFC 3834: no vacation notes in answer to this.
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )
    if params.html is not None:
        mail.attach_alternative(params.html, "text/html")
    try:
        mail.send()
    except (OSError, SMTPException) as error:
        raise _failure_of(error) from None
    return Done({"message_id": message_id})


def _failure_of(error: OSError | SMTPException) -> StepError:
    """Return what the mail server's refusal means; its words may repeat addresses or a password."""
    codes = _codes(error)
    if not codes or isinstance(error, SMTPAuthenticationError):
        return StepError(
            "mail_server_away",
            f"The mail server takes no mail ({type(error).__name__}).",
            category=Category.EXTERNAL,
        )
    told = ", ".join(map(str, codes))
    return StepError(
        "mail_refused",
        f"The mail server refused the mail ({told}).",
        category=Category.EXTERNAL,
        # RFC 5321, section 4.2.1: 4yz may pass, 5yz does not.
        retryable=all(code in _TEMPORARY for code in codes),
        details={"codes": codes},
    )


def _codes(error: OSError | SMTPException) -> list[int]:
    if isinstance(error, SMTPRecipientsRefused):
        return sorted({answer[0] for answer in error.recipients.values()})
    return [error.smtp_code] if isinstance(error, SMTPResponseException) else []


EMAIL = StepKind(
    name="email",
    title="E-mail",
    description="Sends an e-mail.",
    params=EmailParams,
    handle=send_mail,
    has_effect=True,
)
KINDS = (EMAIL,)
