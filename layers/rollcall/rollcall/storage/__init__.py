"""DynamoDB and Secrets Manager: keys, conditions, transactions. Only here is boto3 imported."""
