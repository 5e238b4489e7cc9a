"""AWS: clients, retries, errors, secrets, messages. The only room that imports botocore."""
