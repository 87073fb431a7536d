"""Users, organisations, memberships and access keys."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

from accounts.auditing import Audited
from accounts.choices import Role
from accounts.querysets import (
    AccessKeyQuerySet,
    MembershipQuerySet,
    OrganizationQuerySet,
    UserManager,
)
from config.ids import uuid7


class User(AbstractBaseUser, PermissionsMixin):
    """A person, who signs in by e-mail address and may belong to several organisations."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(
        "active", default=True, help_text="Switch off to end this person's access at once."
    )
    is_staff = models.BooleanField(
        "operator", default=False, help_text="May work in this admin, above all organisations."
    )
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        db_table = "users"
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="users_email_unique")]
        triggers = [Audited(secret=["password"], ignored=["last_login"])]

    def __str__(self) -> str:
        """Return the address."""
        return self.email

    def get_short_name(self) -> str:
        """Return what the person is called."""
        return self.name or self.email


class Organization(models.Model):
    """A tenant: every row of knowledge, process and automation belongs to exactly one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=150)
    slug = models.SlugField(
        max_length=63,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$")],
        help_text="Lower-case letters, digits and hyphens; clients send it as X-Organization.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        db_table = "organizations"
        ordering = ["name"]
        triggers = [Audited()]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Membership(models.Model):
    """A user's role in an organisation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="memberships", db_index=False
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        db_table = "memberships"
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="memberships_unique")
        ]
        triggers = [Audited()]

    def __str__(self) -> str:
        """Return who is what where."""
        return f"{self.user} · {self.role}"


class AccessKey(models.Model):
    """A key by which a machine acts as its owner, narrowed by scopes; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="access_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8)
    key_hash = models.CharField("SHA-256", max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=60), default=list)
    rate_limit = models.PositiveIntegerField("requests a minute", default=60)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccessKeyQuerySet.as_manager()

    class Meta:
        db_table = "access_keys"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["organization", "user"], name="access_keys_owner")]
        triggers = [Audited(secret=["key_hash"], ignored=["last_used_at"])]

    def __str__(self) -> str:
        """Return the name and the visible beginning of the key."""
        return f"{self.name} ({self.prefix}…)"
