"""Shares and payments to take along: for members everybody's, for who has left their own."""

from allauth.decorators import rate_limit
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.requests import SignedIn
from orders import money_export
from orders.models import Post
from orders.views.pay.gate import of_payers


@require_safe
@of_payers
@rate_limit(action="export", limit_get=True)
def export_csv(request: SignedIn, post: Post) -> HttpResponse:
    return _file(money_export.as_csv(post, request.user), "text/csv; charset=utf-8", post, "csv")


@require_safe
@of_payers
@rate_limit(action="export", limit_get=True)
def export_json(request: SignedIn, post: Post) -> HttpResponse:
    return _file(money_export.as_json(post, request.user), "application/json", post, "json")


def _file(text: str, content_type: str, post: Post, ending: str) -> HttpResponse:
    response = HttpResponse(text, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{post.public_id}-money.{ending}"'
    return response
