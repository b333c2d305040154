"""The chat that the Channels tutorial teaches, in our own words: the peer that `fanout` and `parties` measure against.

One consumer per connection, each in its room's group; a message goes to the layer once and comes back once for every
connection. No sign-in, no database, no acknowledgement: what it does not do is to its advantage.
"""
