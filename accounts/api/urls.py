"""Addresses of accounts below `/api/v1/`."""

from django.urls import path

from accounts.api import views
from config.api.routers import Router

router = Router()
router.register("organizations", views.OrganizationViewSet, basename="organizations")
router.register("memberships", views.MembershipViewSet, basename="memberships")
router.register("access-keys", views.AccessKeyViewSet, basename="access-keys")

urlpatterns = [
    path("auth/token/", views.TokenView.as_view(), name="auth-token"),
    path("auth/token/refresh/", views.TokenRefreshView.as_view(), name="auth-token-refresh"),
    path("auth/me/", views.MeView.as_view(), name="auth-me"),
    *router.urls,
]
