"""`manage.py bus_experiment`: who receives what, on Redis and on Kafka. Consumer groups exist only here."""
