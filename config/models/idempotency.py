"""Answers kept for requests that may be sent twice."""

from django.db import models
from django.utils import timezone


class IdempotencyKey(models.Model):
    """The first answer to a POST with an Idempotency-Key, kept so that it can be given again.

    A row belongs to a user in an organisation and to one method and path. It is written in the
    transaction of the request it answers, so there is a row exactly when the request took effect;
    within that transaction, before the answer is known, `status` is null.
    """

    organization_id = models.UUIDField()
    user_id = models.UUIDField()
    method = models.CharField(max_length=10)
    path = models.TextField()
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "idempotency_keys"
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "user_id", "key", "method", "path"],
                name="idempotency_keys_once",
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_keys_age")]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
