"""What the pages of orders in the admin share."""

from typing import Any, cast

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import User
from accounts.nicknames import nickname_key
from accounts.reasoned_admin import ReasonedHistoryAdmin
from orders.locking import is_operator
from rooms.errors import RoomError


class OrderAdmin(ReasonedHistoryAdmin):
    """Actions are for operators of posts (`orders.change_post`), as the verbs ask. `found_by`: the fields that a search
    for a public id, and those that one for a whole nickname, look in; by indexes only."""

    refusals = (RoomError,)
    sortable_by = ()
    found_by_id = "post__room__public_id"
    found_by_name: tuple[str, ...] = ("user__username",)
    search_fields = ["pk"]  # how: see get_search_results

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return is_operator(cast(User, request.user))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not (term := search_term.replace("\x00", " ").strip()):
            return queryset, False
        found = Q(**{self.found_by_id: term})
        for field in self.found_by_name:
            found |= Q(**{field: nickname_key(term)})
        return queryset.filter(found), False
