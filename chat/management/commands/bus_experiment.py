"""The write-up's experiment, to run and see: who receives what on Redis and on Kafka, and what keeps the order."""

import asyncio
import logging
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from chat.experiment.crew import ExperimentError
from chat.experiment.pages import page, picture, table
from chat.experiment.recovery import recover
from chat.experiment.scenes import Plan, every_scene


class Command(BaseCommand):
    help = (
        "Start worker processes against Redis and Kafka and show who received what. Without --redis and --kafka it "
        "starts servers of its own (Java is needed for Kafka). The database is read and left as it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--redis", help="redis://… of a server to use")
        parser.add_argument(
            "--kafka", help="host:port of a broker to use; topics experiment-… are made there"
        )
        parser.add_argument("--workers", type=int, default=4)
        parser.add_argument("--messages", type=int, default=120)
        parser.add_argument(
            "--docs", type=Path, help="write bus-experiment.md and img/bus-experiment.svg here"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (2 <= options["workers"] <= 16 and 24 <= options["messages"] <= 10_000):
            raise CommandError("--workers must be from 2 to 16, --messages from 24 to 10000.")
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        with ExitStack() as stack:
            redis, kafka = _servers(stack, options["redis"], options["kafka"])
            plan = Plan(redis, kafka, recover, workers=options["workers"], messages=options["messages"])
            try:
                outcomes = asyncio.run(every_scene(plan))
            except (ExperimentError, OSError) as error:
                raise CommandError(str(error)) from error
            finally:
                connection.close()
        self.stdout.write(table(outcomes))
        if options["docs"]:
            (options["docs"] / "img").mkdir(parents=True, exist_ok=True)
            (options["docs"] / "img" / "bus-experiment.svg").write_text(picture(outcomes))
            (options["docs"] / "bus-experiment.md").write_text(page(outcomes))


def _servers(stack: ExitStack, redis: str | None, kafka: str | None) -> tuple[str, str]:
    """Those given, or our own for as long as the command runs."""
    from deploy.services import Kafka, ServiceError, Valkey  # production may run without deploy/

    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bus-experiment-")))
    try:
        redis = redis or stack.enter_context(Valkey(directory / "valkey")).url()
        kafka = kafka or os.environ.get("KAFKA_BOOTSTRAP")
        kafka = kafka or stack.enter_context(Kafka(directory / "kafka")).bootstrap
    except ServiceError as error:
        raise CommandError(
            f"{error} Or name servers of yours: --redis redis://… --kafka host:port"
        ) from error
    return redis, kafka
