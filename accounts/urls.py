from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("me/upgrade/", views.upgrade, name="upgrade"),
    path("me/language/", views.language, name="language"),
]
