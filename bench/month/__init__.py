"""A month of provisioning, replayed on the real code: its requests, units and storage."""
