from django.urls import path

from accounts import block_views, come_back_views, token_views, views

app_name = "accounts"
urlpatterns = [
    path("me/", views.me, name="me"),
    path("me/upgrade/", views.upgrade, name="upgrade"),
    path("me/language/", views.language, name="language"),
    path("me/delete/", views.delete, name="delete"),
    path("me/blocks/", block_views.blocks, name="blocks"),
    path("me/blocks/<str:token>/", block_views.block, name="block"),
    path("me/blocks/<str:token>/end/", block_views.unblock, name="unblock"),
    path("me/tokens/", token_views.tokens, name="tokens"),
    path("me/tokens/<int:token>/revoke/", token_views.revoke, name="token_revoke"),
    path("me/come-back/", come_back_views.make, name="come_back_make"),
    path("me/come-back/end/", come_back_views.revoke, name="come_back_end"),
    path("g/<slug:secret>/", come_back_views.open_link, name="come_back"),
]
