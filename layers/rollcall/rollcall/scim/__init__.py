"""SCIM itself, without input or output: models, tolerance, filters, projection, errors."""
