"""What a service provider does with users, groups and membership (RFC 7644)."""
