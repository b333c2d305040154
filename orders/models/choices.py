"""The states of a post and the kinds of food."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    RECRUITING = "RECRUITING", _("recruiting")
    CLOSED = "CLOSED", _("closed")
    LOCKED = "LOCKED", _("locked")
    ORDERED = "ORDERED", _("ordered")
    ARRIVED = "ARRIVED", _("arrived")
    DONE = "DONE", _("done")
    CANCELED = "CANCELED", _("canceled")


OPEN: Final = (State.RECRUITING, State.CLOSED)  # the cart can change, people can go
HELD: Final = (State.LOCKED, State.ORDERED, State.ARRIVED)  # people go by the host's leave
OVER: Final = (State.DONE, State.CANCELED)
LISTED: Final = (State.RECRUITING, State.CLOSED, State.LOCKED, State.ORDERED)  # publicly


class Category(models.TextChoices):
    CHICKEN = "chicken", _("chicken")
    PIZZA = "pizza", _("pizza")
    CHINESE = "chinese", _("Chinese")
    KOREAN = "korean", _("Korean")
    BUNSIK = "bunsik", _("bunsik")
    JAPANESE = "japanese", _("Japanese")
    BURGER = "burger", _("burger")
    CAFE = "cafe", _("café")
    LATE_NIGHT = "late_night", _("late-night")
    OTHER = "other", _("other")
