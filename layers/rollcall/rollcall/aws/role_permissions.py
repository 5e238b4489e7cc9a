"""Which role of `policies.yaml` permits an action, for the sentence about one that is refused."""

from __future__ import annotations

ACTIONS: dict[str, frozenset[str]] = {
    "auditor": frozenset(
        {
            *("cloudformation:DescribeStacks", "dynamodb:BatchGetItem", "dynamodb:GetItem"),
            *("dynamodb:Query", "dynamodb:Scan", "s3:GetObject", "s3:ListBucket"),
            *("secretsmanager:GetSecretValue", "secretsmanager:ListSecrets"),
        }
    ),
    "support": frozenset(
        {
            *("dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"),
            *("dynamodb:PutItem", "dynamodb:UpdateItem", "s3:PutObject", "sns:Publish"),
            *("secretsmanager:CreateSecret", "secretsmanager:PutSecretValue"),
            "secretsmanager:UpdateSecretVersionStage",
        }
    ),
    "operator": frozenset(
        {
            *("dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable"),
            *("dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource"),
            *("dynamodb:RestoreTableToPointInTime", "dynamodb:TagResource"),
            *("dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable"),
            *("dynamodb:UpdateTimeToLive", "events:PutEvents", "s3:DeleteObject"),
            "secretsmanager:DeleteSecret",
        }
    ),
}
"""What each role has besides those before it."""


def role_with(action: str) -> str:
    """Return the first role that has an action, empty where none has it."""
    return next((role for role, actions in ACTIONS.items() if action in actions), "")
