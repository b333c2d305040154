"""Below /p/<public id>/room/; included by orders/urls.py, in its namespace."""

from django.urls import include, path

from orders.views import cart, exports, fragments, polls, room, verbs
from orders.views.pay import board

urlpatterns = [
    path("", room.room, name="room"),
    path("order/", room.sheet, name="sheet"),
    path("order/order.txt", exports.order_txt, name="order_text"),
    path("order/items/", cart.add, name="items"),
    path("order/items/<int:item>/", cart.change, name="item"),
    path("order/items/<int:item>/remove/", cart.remove, name="item_remove"),
    path("order/items/<int:item>/join/", cart.join, name="item_join"),
    path("order/items/<int:item>/quit/", cart.quit, name="item_quit"),
    path("order/items/<int:item>/accept/", cart.accept, name="item_accept"),
    path("order/sit-out/", cart.sit_out, name="sit_out"),
    path("do/<slug:verb>/", verbs.do, name="do"),
    path("polls/", polls.page, name="polls"),
    path("polls/<int:poll>/vote/", polls.vote, name="poll_vote"),
    path("polls/<int:poll>/close/", polls.close, name="poll_close"),
    path("polls/<int:poll>/apply/", polls.apply, name="poll_apply"),
    path("f/card/<slug:name>/<int:thing>/", polls.card, name="f_card"),
    path("f/facts/", fragments.facts, name="f_facts"),
    path("f/sheet/", fragments.sheet_fragment, name="f_sheet"),
    path("f/board/", board.board_fragment, name="f_board"),
    path("pay/", include("orders.pay_urls")),
    path("export.csv", exports.export_csv, name="export_csv"),
    path("export.json", exports.export_json, name="export_json"),
]
