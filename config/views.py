"""The front door."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render


def home(request: HttpRequest) -> HttpResponse:
    """What this is, for who is not signed in; everybody else wants their rooms."""
    if request.user.is_authenticated:
        return redirect("chat:list")
    return render(request, "home.html")
