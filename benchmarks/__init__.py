"""Measurements of 혼자왔니 next to the obvious ways of doing the same; docs/performance.md says what and how."""
