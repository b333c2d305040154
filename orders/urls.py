"""Paths of posts. Included before rooms and chat: for rooms with a post some of these pages stand in for theirs."""

from django.urls import include, path

from orders.views import invitation, listing, post_page, posting, seats

app_name = "orders"

posts = [
    path("posts/new/", posting.new, name="new"),
    path("posts/preview/", posting.preview, name="preview"),
    path("posts/changed/", listing.changed, name="changed"),
    path("p/<slug:public_id>/", post_page.page, name="post"),
    path("p/<slug:public_id>/edit/", posting.edit, name="edit"),
    path("p/<slug:public_id>/again/", posting.again, name="again"),
    path("p/<slug:public_id>/join/", post_page.join, name="join"),
    path("p/<slug:public_id>/wait/", post_page.wait, name="wait"),
    path("p/<slug:public_id>/leave/", post_page.leave, name="leave"),
    path("i/<slug:code>/", invitation.invitation),  # as rooms:invitation
    path("i/<slug:code>/qr.svg", invitation.qr, name="qr"),
]

people = [
    path("p/<slug:public_id>/room/members/", seats.members, name="members"),
    path("p/<slug:public_id>/room/members/<slug:deed>/", seats.act, name="act"),
    path("rooms/<slug:public_id>/members/", seats.members_of_room),  # as rooms:members
]

urlpatterns = [*posts, *people, path("p/<slug:public_id>/room/", include("orders.room_urls"))]
