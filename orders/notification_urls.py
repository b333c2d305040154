from django.urls import path

from orders.views import notifications

app_name = "notifications"
urlpatterns = [
    path("me/notifications/", notifications.page, name="page"),
    path("me/notifications/read/", notifications.read, name="read"),
    path("me/notifications/news/", notifications.news, name="news"),
    path("me/notifications/<int:pk>/", notifications.follow, name="follow"),
]
