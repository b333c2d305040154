from pathlib import Path


def write() -> list[Path]:
    return []
