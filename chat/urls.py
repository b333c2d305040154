from django.urls import path

from chat import interface, sockjs_views, views

app_name = "chat"
urlpatterns = [
    path("chat/rooms", interface.rooms, name="interface_rooms"),
    path("chat/room", interface.make_room, name="interface_make"),
    path("chat/room/<str:public_id>", interface.room, name="interface_room"),
    path("ws-stomp", sockjs_views.greeting),
    path("ws-stomp/", sockjs_views.greeting),
    path("ws-stomp/info", sockjs_views.info),
    path("ws-stomp/<path:path>", sockjs_views.no_fallback),
    path("rooms/", views.room_list, name="list"),
    path("rooms/<slug:public_id>/", views.room, name="room"),
    path("rooms/<slug:public_id>/say/", views.say, name="say"),
    path("rooms/<slug:public_id>/entries/<int:seq>/edit/", views.edit, name="edit"),
    path("rooms/<slug:public_id>/entries/<int:seq>/delete/", views.delete, name="delete"),
]
