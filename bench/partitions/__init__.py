"""The load of each partition key of the table: recorded from real code, then simulated at scale."""
