"""The workers and people of the live tests."""

from tests.live.conftest import cast, stock_workers, workers

__all__ = ["cast", "stock_workers", "workers"]
