from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """The rows there are satisfy the new constraints; reading them all locks nobody out."""

    dependencies = [("orders", "0005_money")]

    operations = [
        ValidateConstraint(model_name="item", name="item_actual"),
        ValidateConstraint(model_name="post", name="post_unit"),
    ]
