"""Which page is where. orders before rooms: see there; rooms before chat: /rooms/new/ is
not a room's name."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from accounts.views import set_password
from config import health
from orders.views.listing import home

urlpatterns = [
    path("", home, name="home"),
    path("healthz", health.live),
    path("readyz", health.ready),
    path("robots.txt", TemplateView.as_view(template_name="robots.txt", content_type="text/plain")),
    path("metrics", health.counters),
    path("admin/health/", admin.site.admin_view(health.page), name="health"),
    path("admin/", admin.site.urls),
    path("accounts/password/set/", set_password),  # before allauth's own
    path("accounts/", include("allauth.urls")),
    path("", include("accounts.urls")),
    path("", include("orders.report_urls")),
    path("", include("orders.notification_urls")),
    path("", include("orders.urls")),
    path("", include("rooms.urls")),
    path("", include("chat.urls")),
]
