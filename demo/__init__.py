"""A client that behaves as Microsoft Entra ID does, and an administrator's first day with it."""
