"""Telling the operators about a message, a post or a person, and hearing what came of it."""

from allauth.decorators import rate_limit
from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.requests import SignedIn
from orders import bounds, reports
from orders.models import Report
from orders.reports import Subject
from rooms.errors import RoomError

PAGE = 30


class ReportForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=Report.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what it is about."),
            "invalid_choice": _("Choose what it is about."),
        },
    )
    text = forms.CharField(
        label=_("In your words, if you like"),
        required=False,
        max_length=bounds.REPORT_TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@rate_limit(action="report")
def new(request: SignedIn, kind: str, name: str) -> HttpResponse:
    """A form of one choice; what was typed stays when it is refused."""
    try:
        subject = reports.find(request.user, kind, name)
    except RoomError as error:
        if error.status == 404:
            raise Http404 from error
        return render(request, "orders/report_refused.html", {"error": error}, status=error.status)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _form(request, subject, form, 400 if form.is_bound else 200)
    try:
        reports.report(user=request.user, kind=kind, name=name, **form.cleaned_data)
    except RoomError as error:
        field: str = getattr(error, "field", "")
        form.add_error(field if field in form.fields else None, error.detail)
        return _form(request, subject, form, error.status)
    return render(request, "orders/report_sent.html", {"subject": subject, "next": _onward(request)})


@never_cache
@login_required
@require_GET
def mine(request: SignedIn) -> HttpResponse:
    """My reports and their results, the newest first; a result that is shown is told."""
    found = Report.objects.filter(reporter=request.user).select_related("room").order_by("-pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    response = render(request, "orders/reports.html", {"reports": page})
    news = [report.pk for report in page if report.told_at is None and report.status != Report.Status.OPEN]
    if news:
        Report.objects.filter(pk__in=news).update(told_at=timezone.now())
    return response


def _form(request: SignedIn, subject: Subject, form: ReportForm, status: int) -> HttpResponse:
    context = {"subject": subject, "form": form, "next": _onward(request)}
    return render(request, "orders/report.html", context, status=status)


def _onward(request: SignedIn) -> str:
    """Where they came from, if that is ours."""
    address = request.POST.get("next") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if ours else ""
