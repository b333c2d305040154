"""Daphne, made fit for chat: `manage.py serve`. Any ASGI server can run config.asgi; this one does it best."""
