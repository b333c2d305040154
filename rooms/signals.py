"""What happens to rooms, sent inside the transaction that does it: a receiver's writes stand or fall with it.

Each is sent with `send` (an exception rolls the verb back), after the rows are written and while the
room's row is locked, so receivers of one room run one after the other. A repeat that changed nothing sends
nothing.

`member_joining` and `member_leaving` are sent before anything is written, under the same lock: a receiver refuses by
raising a RoomError, which the verb passes on.
"""

from django.dispatch import Signal

room_created = Signal()  # room, user (the first member and host; no member_joined is sent for it)
member_joining = Signal()  # room, user
member_joined = Signal()  # room, user, membership
member_leaving = Signal()  # room, user, by, reason: "left" | "removed"
member_left = Signal()  # room, user (who left), by (who did it), reason: "left" | "removed"
host_changed = Signal()  # room, user (the new host); when the host leaves, sent before member_left
member_merged = Signal()  # room, guest, into, moved: bool (False: `into` was in the room already)
room_renamed = Signal()  # room, by, before, after
