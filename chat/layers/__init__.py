"""Channel layers to the Channels specification, of use in any Channels project: nothing in here knows of the chat."""
