from django.urls import path

from chat import views

app_name = "chat"
urlpatterns = [
    path("rooms/", views.room_list, name="list"),
    path("rooms/<str:public_id>/", views.room, name="room"),
    path("rooms/<str:public_id>/say/", views.say, name="say"),
    path("rooms/<str:public_id>/entries/<int:seq>/edit/", views.edit, name="edit"),
    path("rooms/<str:public_id>/entries/<int:seq>/delete/", views.delete, name="delete"),
]
