"""A client that behaves like Microsoft Entra ID, and an administrator's first day with it."""
