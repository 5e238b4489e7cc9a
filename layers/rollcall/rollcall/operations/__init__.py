"""What operators do: each act once, with its log entry and its event."""
