from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("me/", views.me, name="me"),
    path("me/upgrade/", views.upgrade, name="upgrade"),
    path("me/language/", views.language, name="language"),
]
