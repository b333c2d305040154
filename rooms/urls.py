from django.urls import path

from rooms import invitation_views, views

app_name = "rooms"
urlpatterns = [
    path("rooms/new/", views.create, name="create"),
    path("rooms/<slug:public_id>/join/", views.join, name="join"),
    path("rooms/<slug:public_id>/leave/", views.leave, name="leave"),
    path("rooms/<slug:public_id>/rename/", views.rename, name="rename"),
    path("rooms/<slug:public_id>/members/", views.members, name="members"),
    path("rooms/<slug:public_id>/members/<int:user>/remove/", views.remove, name="remove"),
    path("rooms/<slug:public_id>/invitations/", views.invite, name="invite"),
    path("rooms/<slug:public_id>/invitations/<slug:code>/revoke/", views.revoke, name="revoke"),
    path("i/<slug:code>/", invitation_views.invitation, name="invitation"),
]
