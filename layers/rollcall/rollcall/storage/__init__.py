"""The table: its keys, conditions and transactions, and what is stored in it."""
