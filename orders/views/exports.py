"""What members take along: the timeline as CSV and JSON, the order as text to ring the shop with."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

from allauth.decorators import rate_limit
from asgiref.sync import sync_to_async
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from accounts.requests import SignedIn
from orders import export, sheet
from orders.models import Post
from orders.views.fragments import of_members

_END: Final = ""


@require_safe
@of_members
@rate_limit(action="export", limit_get=True)
def export_csv(request: SignedIn, post: Post) -> HttpResponseBase:
    return _streamed(export.as_csv(post, request.user), "text/csv; charset=utf-8", f"{post.public_id}.csv")


@require_safe
@of_members
@rate_limit(action="export", limit_get=True)
def export_json(request: SignedIn, post: Post) -> HttpResponseBase:
    return _streamed(export.as_json(post, request.user), "application/json", f"{post.public_id}.json")


@require_safe
@of_members
def order_txt(request: SignedIn, post: Post) -> HttpResponse:
    """The whole order, to read out or paste: no names."""
    text = sheet.order_text(post, sheet.read(post))
    return HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8")


def _streamed(chunks: Iterator[str], content_type: str, name: str) -> StreamingHttpResponse:
    # A worker would collect a plain iterator whole before it sends the first byte.
    response = StreamingHttpResponse(
        _in_thread(chunks, translation.get_language()), content_type=content_type
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def _in_thread(chunks: Iterator[str], language: str | None) -> AsyncIterator[str]:
    """One page at a time, in the request's thread and its language."""

    def following() -> str:
        with translation.override(language):
            return next(chunks, _END)

    while chunk := await sync_to_async(following)():
        yield chunk
