"""What a request costs beside the bare SDK calls that it makes."""
