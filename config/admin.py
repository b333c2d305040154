"""The operators' site under our name."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    def ready(self) -> None:
        super().ready()
        admin.site.site_header = admin.site.site_title = "혼자왔니"
