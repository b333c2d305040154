"""Starting 혼자왔니 on one machine: its services, `bin/run` and `bin/test`. The app imports nothing of this."""
