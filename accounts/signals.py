"""What happens to people, sent inside the transaction that does it (`send`: an exception rolls it back)."""

from django.dispatch import Signal

guest_merged = Signal()  # guest, into
guest_upgraded = Signal()  # user: the same person, from now on a full account
# user, session_key (or AccessToken.access_key; None: every session and token of the user): open sockets must go
access_ended = Signal()
account_deleting = Signal()  # user; before anything is written: a receiver refuses by raising an AccountError
account_deleted = Signal()  # user, still as they were; what was theirs goes, or what holds them raises
