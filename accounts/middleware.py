"""The language of a page: the person's own, else the cookie's, else the browser's, else Korean."""

from django.http import HttpRequest
from django.middleware import locale
from django.utils import translation


class LocaleMiddleware(locale.LocaleMiddleware):
    """Django's, which knows cookie and browser, plus the locale of who is signed in."""

    def process_request(self, request: HttpRequest) -> None:
        user = request.user
        language = user.locale if user.is_authenticated else translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()
