"""What changes in the directory, told to the product as events."""
