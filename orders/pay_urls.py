"""Below /p/<public id>/room/pay/; included by orders/room_urls.py."""

from django.urls import path

from orders.views.pay import account, board, deeds, exports, issue

urlpatterns = [
    path("", board.pay, name="pay"),
    path("shares/", board.shares, name="pay_shares"),
    path("issue/", issue.issue, name="pay_issue"),
    path("export.csv", exports.export_csv, name="pay_export_csv"),
    path("export.json", exports.export_json, name="pay_export_json"),
    path("account/", account.account, name="pay_account"),
    path("<int:user>/", board.person, name="pay_user"),
    path("<int:user>/<slug:deed>/", deeds.act, name="pay_act"),
]
