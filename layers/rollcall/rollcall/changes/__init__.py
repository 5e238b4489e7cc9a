"""Change events: what changes in the directory, published for the product."""
