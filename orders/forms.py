"""What people type about a post. Clock times become moments here; the verbs decide whether all of it holds."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from orders import bounds, times
from orders.form_fields import FeesField, WonField
from orders.models import OPEN, Category, Post, State
from rooms.errors import RoomError
from rooms.forms import RequestKeyField
from rooms.models import TITLE_MAX

PEOPLE: Final = 4
AHEAD: Final = timedelta(minutes=90)  # what the time begins with, to the next ten minutes
_SAME: Final = {"category", "shop", "place", "place_note", "capacity"}  # typed as they are stored
_AT: Final = {"meeting_at": "meeting", "deadline_at": "deadline", "fee_tiers": "fees"}


class PostForm(forms.Form):
    """Five fields are enough: what, where from, when, where to, how many. The rest has defaults."""

    category = forms.ChoiceField(
        label=_("What kind of food"),
        choices=Category.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the categories.")},
    )
    shop = forms.CharField(
        label=_("Shop"),
        max_length=4 * bounds.SHOP_MAX,
        error_messages={"required": _("Which shop do you order from?")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "enterkeyhint": "next"}),
    )
    meeting = forms.TimeField(
        label=_("When to eat"),
        error_messages={"required": _("Give a time."), "invalid": _("Write the time as 18:30.")},
        input_formats=["%H:%M", "%H:%M:%S", "%H%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    place = forms.CharField(
        label=_("Where to meet"),
        max_length=4 * bounds.PLACE_MAX,
        error_messages={"required": _("Where do you meet?")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "places", "enterkeyhint": "done"}),
    )
    capacity = forms.IntegerField(
        label=_("How many at most"),
        min_value=bounds.PEOPLE_MIN,
        max_value=bounds.PEOPLE_MAX,
        initial=PEOPLE,
        help_text=_("You are one of them."),
        error_messages={"required": _("How many people?"), "invalid": _("How many people?")},
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=4 * TITLE_MAX,
        required=False,
        help_text=_("Left empty, we write one for you."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    day = forms.ChoiceField(label=_("Day"), required=False)
    deadline = forms.TimeField(
        label=_("Join until"),
        required=False,
        input_formats=["%H:%M", "%H:%M:%S", "%H%M"],
        error_messages={"invalid": _("Write the time as 18:30.")},
        help_text=_("Left empty, it is 40 minutes before."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    place_note = forms.CharField(
        label=_("Note about the place, for members only"),
        max_length=4 * bounds.PLACE_NOTE_MAX,
        required=False,
        help_text=_("A door code, for example. Only people who are in see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    min_people = forms.IntegerField(
        label=_("How many at least"),
        required=False,
        min_value=bounds.PEOPLE_MIN,
        max_value=bounds.PEOPLE_MAX,
        initial=bounds.PEOPLE_MIN,
        help_text=_("With fewer, it is called off by itself."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    min_order_won = WonField(label=_("The shop's minimum order"))
    fees = FeesField(label=_("Delivery fee"), required=False)
    request_key = RequestKeyField()

    FIRST: Final = ("category", "shop", "meeting", "place", "capacity")

    def __init__(self, *args: Any, now: datetime, post: Post | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.post = post
        choices = days_ahead(now)
        if post and (day := self.initial.get("day")) and day not in dict(choices):
            choices.append((day, day))
        self.fields["day"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField, typed as any Field
        if post:
            self._about(post)
        for name in self.errors if self.is_bound else ():
            if name in self.fields:  # not the whole form's
                self.fields[name].widget.attrs["aria-invalid"] = "true"

    def _about(self, post: Post) -> None:
        """Only what can still change; each field remembers what it showed."""
        kept = set(self.fields) - {"request_key"} if post.state in OPEN else {"meeting", "day", "place_note"}
        self.fields = {name: field for name, field in self.fields.items() if name in kept}
        if post.state == State.CLOSED:
            del self.fields["deadline"]
        for name, field in self.fields.items():
            field.show_hidden_initial = name not in ("category", "fees")
            if name in ("title", "deadline"):
                field.help_text = ""

    @property
    def fee_rows(self) -> list[tuple[str, str]]:
        """What stands in the rows for fees: at least two, one more than there are."""
        rows = self["fees"].value() or []
        shown = [tuple(f"{n:,}" if isinstance(n, int) else str(n) for n in row) for row in rows]
        blank = max(2, min(len(shown) + 1, bounds.TIERS_MAX)) - len(shown)
        return [*shown, *[("", "")] * blank]  # type: ignore[list-item]  # rows of two, typed as of any length

    @property
    def more_open(self) -> bool:
        """Something is wrong in the part that is folded away."""
        return any(name not in self.FIRST for name in self.errors)

    def values(self) -> dict[str, Any]:
        """Of a valid form: what `create_post` takes besides the user."""
        typed = self.cleaned_data
        meeting_at = meeting_moment(typed["meeting"], typed["day"], self.now)
        deadline = typed["deadline"]
        capacity = typed["capacity"]
        return {
            "title": typed["title"] or default_title(typed["shop"]),
            "shop": typed["shop"],
            "category": typed["category"],
            "meeting_at": meeting_at,
            "deadline_at": times.last_before(deadline, meeting_at) if deadline else None,
            "place": typed["place"],
            "place_note": typed["place_note"],
            "min_people": typed["min_people"] or min(bounds.PEOPLE_MIN, capacity),
            "capacity": capacity,
            "min_order_won": typed["min_order_won"] or 0,
            "fee_tiers": typed["fees"],
        }

    def changes(self, post: Post) -> dict[str, Any]:
        """Of a valid form about a post: what was changed on it. The deadline keeps its distance to a moved meeting."""
        typed, touched = self.cleaned_data, set(self.changed_data)
        found = {name: typed[name] for name in _SAME & touched}
        if "title" in touched:
            found["title"] = typed["title"] or default_title(typed["shop"])
        if "min_people" in touched:
            found["min_people"] = typed["min_people"] or bounds.PEOPLE_MIN
        if "min_order_won" in touched:
            found["min_order_won"] = typed["min_order_won"] or 0
        if "fees" in touched:
            found["fee_tiers"] = typed["fees"]
        meeting_at = post.meeting_at
        if touched & {"meeting", "day"}:
            found["meeting_at"] = meeting_at = meeting_moment(typed["meeting"], typed["day"], self.now)
        if post.state != State.RECRUITING:
            return found
        usual = times.default_deadline(meeting_at, self.now)
        if "deadline" in touched:
            clock = typed["deadline"]
            found["deadline_at"] = times.last_before(clock, meeting_at) if clock else usual
        elif "meeting_at" in found:
            kept = meeting_at - (post.meeting_at - post.deadline_at)
            found["deadline_at"] = kept if kept > self.now else usual
        return found

    def over(self, post: Post) -> "PostForm":
        """This bound form on a newer state of its post: what was typed stays, the rest is what the post has now."""
        begin, data = initial_of(post, self.now), self.data.copy()  # type: ignore[attr-defined]  # bound: a QueryDict
        for name in self.fields:
            now = self.fields[name].prepare_value(begin.get(name, ""))
            now = "" if now is None else now
            data[f"initial-{name}"] = now
            if name in self.changed_data:
                continue
            if name == "fees":
                data.setlist("fee_from", [str(start) for start, _ in begin["fees"]])
                data.setlist("fee", [str(fee) for _, fee in begin["fees"]])
            else:
                data[name] = now
        return PostForm(data, initial=begin, now=self.now, post=post)

    def refuse(self, error: RoomError) -> None:
        """Show why the verb said no at the field it is about."""
        name = getattr(error, "field", "") or ("title" if error.code.startswith("TITLE_") else "")
        name = _AT.get(name, name)
        known = name in self.fields
        self.add_error(name if known else None, error.detail)
        if known:
            self.fields[name].widget.attrs["aria-invalid"] = "true"


def default_title(shop: str) -> str:
    return _now("{shop}, together").format(shop=shop)[:TITLE_MAX]


def starting_values(now: datetime) -> dict[str, Any]:
    """What an empty form begins with."""
    at = timezone.localtime(now) + AHEAD
    at += timedelta(minutes=-at.minute % 10)
    return {"meeting": at.strftime("%H:%M"), "capacity": PEOPLE, "min_people": bounds.PEOPLE_MIN}


def initial(values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A form's beginning, of a post's values (those of `post_again`)."""
    meeting_at, deadline_at = values["meeting_at"], values["deadline_at"]
    local = timezone.localtime(meeting_at)
    usual = abs(times.default_deadline(meeting_at, now) - deadline_at) < timedelta(minutes=1)
    nearest = times.next_occurrence(local.time(), now).date() == local.date()
    return {
        **values,
        "meeting": local.strftime("%H:%M"),
        "day": "" if nearest else local.date().isoformat(),
        "deadline": "" if usual else timezone.localtime(deadline_at).strftime("%H:%M"),
        "fees": values["fee_tiers"],
        "min_order_won": values["min_order_won"] or None,
    }


def initial_of(post: Post, now: datetime) -> dict[str, Any]:
    """As `initial`, of a post that is edited: its deadline is always shown."""
    names = (
        "shop",
        "category",
        "place",
        "place_note",
        "min_people",
        "capacity",
        "min_order_won",
        "fee_tiers",
    )
    values = {name: getattr(post, name) for name in names}
    values |= {"title": post.title, "meeting_at": post.meeting_at, "deadline_at": post.deadline_at}
    return initial(values, now) | {"deadline": timezone.localtime(post.deadline_at).strftime("%H:%M")}


def meeting_moment(clock: time, day: str, now: datetime) -> datetime:
    """The next time clocks show it, or that time of a day, which is an ISO date."""
    if not day:
        return times.next_occurrence(clock, now)
    at = datetime.combine(date.fromisoformat(day), clock.replace(second=0, microsecond=0))
    return timezone.make_aware(at, timezone.get_current_timezone())


def days_ahead(now: datetime) -> list[tuple[str, str]]:
    """The next time the clock shows it, or one of the coming days."""
    today = timezone.localtime(now).date()
    days: Sequence[date] = [today + timedelta(days=n) for n in range(bounds.AHEAD_MAX.days + 1)]
    return [
        ("", str(_("the next time it is that late"))),
        *((day.isoformat(), date_format(day, _now("D, M j"))) for day in days),
    ]
