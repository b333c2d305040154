from django.urls import path

from orders.views import reports

app_name = "reports"
urlpatterns = [
    path("me/reports/", reports.mine, name="mine"),
    path("report/<slug:kind>/<str:name>/", reports.new, name="new"),
]
