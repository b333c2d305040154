"""What happens in rooms happens to seats, inside the same transaction. Filled in orders/seats.py."""
