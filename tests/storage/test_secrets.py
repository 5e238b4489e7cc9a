"""Secrets: changed by compare-and-swap, nothing lost, nothing left over.

They are kept by the local server's emulator: the one in memory does not move AWSCURRENT.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from rollcall.aws.retry import Retry
from rollcall.aws.secrets import Content, SecretExists, SecretMissing, Secrets
from rollcall.scim.errors import Unavailable
from tests.conftest import Server
from tests.storage.faults import Time, answering, losing, preceded, refusal, success


@pytest.fixture
def client(server: Server) -> Any:
    return server.services.clients.secretsmanager


@pytest.fixture
def prefix() -> str:
    return f"test-{uuid4()}"


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def secrets(client: Any, prefix: str, time: Time) -> Secrets:
    return Secrets(client, prefix, Retry(clock=time.clock, sleep=time.sleep))


def noted(word: str) -> Any:
    """Return an edit that adds a word."""

    def edit(content: Content) -> Content:
        return {**content, "words": [*content["words"], word]}

    return edit


def labels(client: Any, prefix: str) -> list[str]:
    """Return the labels of all versions of the secret acme."""
    answer = client.list_secret_version_ids(SecretId=f"{prefix}/acme", IncludeDeprecated=True)
    return sorted(label for each in answer["Versions"] for label in each.get("VersionStages", ()))


def test_a_secret_is_read_as_it_was_created(secrets: Secrets) -> None:
    secrets.create("acme", {"words": ["ä"]})

    assert secrets.read("acme") == {"words": ["ä"]}


def test_a_secret_is_created_once(secrets: Secrets) -> None:
    secrets.create("acme", {"words": []})

    with pytest.raises(SecretExists):
        secrets.create("acme", {"words": ["second"]})
    assert secrets.read("acme") == {"words": []}


def test_what_is_not_there_is_missing(secrets: Secrets) -> None:
    with pytest.raises(SecretMissing):
        secrets.read("acme")
    with pytest.raises(SecretMissing):
        secrets.change("acme", noted("x"))
    secrets.delete("acme")


def test_a_change_replaces_the_content_and_returns_it(secrets: Secrets) -> None:
    secrets.create("acme", {"words": []})

    assert secrets.change("acme", noted("one")) == {"words": ["one"]}
    assert secrets.read("acme") == {"words": ["one"]}


def test_a_change_of_nothing_writes_nothing(client: Any, prefix: str, secrets: Secrets) -> None:
    secrets.create("acme", {"words": []})
    before = client.get_secret_value(SecretId=f"{prefix}/acme")["VersionId"]

    secrets.change("acme", dict)

    assert client.get_secret_value(SecretId=f"{prefix}/acme")["VersionId"] == before


def test_a_change_leaves_no_label_of_its_own(client: Any, prefix: str, secrets: Secrets) -> None:
    secrets.create("acme", {"words": []})
    for word in "abc":
        secrets.change("acme", noted(word))

    assert labels(client, prefix) == ["AWSCURRENT", "AWSPREVIOUS"]


@pytest.mark.parametrize("operation", ["PutSecretValue", "UpdateSecretVersionStage"])
def test_a_change_that_another_overtakes_is_made_anew_on_top_of_it(
    client: Any, prefix: str, secrets: Secrets, time: Time, operation: str
) -> None:
    secrets.create("acme", {"words": []})

    def other() -> object:
        return secrets.change("acme", noted("other"))

    with preceded(client, operation, other) as left:
        secrets.change("acme", noted("mine"))

    assert not left
    assert secrets.read("acme") == {"words": ["other", "mine"]}
    assert labels(client, prefix) == ["AWSCURRENT", "AWSPREVIOUS"]
    assert time.pauses


def test_a_change_that_is_overtaken_again_and_again_is_a_429(
    client: Any, secrets: Secrets, time: Time
) -> None:
    secrets.create("acme", {"words": []})
    refused = [refusal("InvalidParameterException")] * 10_000
    with (
        answering(client, "UpdateSecretVersionStage", *refused),
        pytest.raises(Unavailable) as failure,
    ):
        secrets.change("acme", noted("mine"))

    assert failure.value.status == 429
    assert time.now < 9
    assert secrets.read("acme") == {"words": []}


def test_a_swap_that_the_sdk_repeated_because_its_answer_was_lost_has_won(
    client: Any, prefix: str, secrets: Secrets
) -> None:
    secrets.create("acme", {"words": []})
    name = f"{prefix}/acme"
    real = client.update_secret_version_stage
    pending: dict[str, Any] = {}

    def first_try() -> None:
        versions = client.list_secret_version_ids(SecretId=name)["Versions"]
        current, candidate = sorted(
            versions, key=lambda each: "AWSCURRENT" not in each["VersionStages"]
        )
        pending["moved"] = real(
            SecretId=name,
            VersionStage="AWSCURRENT",
            MoveToVersionId=candidate["VersionId"],
            RemoveFromVersionId=current["VersionId"],
        )

    with preceded(client, "UpdateSecretVersionStage", first_try):
        secrets.change("acme", noted("mine"))

    assert pending["moved"]
    assert secrets.read("acme") == {"words": ["mine"]}


def test_a_change_whose_answer_is_lost_for_good_is_a_503(client: Any, secrets: Secrets) -> None:
    secrets.create("acme", {"words": []})
    with losing(client, "UpdateSecretVersionStage"), pytest.raises(Unavailable) as failure:
        secrets.change("acme", noted("mine"))

    assert failure.value.status == 503


def test_an_edit_that_refuses_changes_nothing(client: Any, prefix: str, secrets: Secrets) -> None:
    secrets.create("acme", {"words": []})

    def refuse(content: Content) -> Content:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        secrets.change("acme", refuse)
    assert secrets.read("acme") == {"words": []}
    assert labels(client, prefix) == ["AWSCURRENT"]


def test_a_secret_that_is_being_deleted_is_missing(
    client: Any, prefix: str, secrets: Secrets
) -> None:
    secrets.create("acme", {"words": []})
    client.delete_secret(SecretId=f"{prefix}/acme", RecoveryWindowInDays=7)

    with pytest.raises(SecretMissing):
        secrets.read("acme")
    with pytest.raises(SecretMissing):
        secrets.change("acme", noted("x"))


@pytest.mark.parametrize("operation", ["PutSecretValue", "UpdateSecretVersionStage"])
def test_a_secret_that_is_deleted_during_a_change_is_missing(
    client: Any, secrets: Secrets, operation: str
) -> None:
    secrets.create("acme", {"words": []})
    with (
        preceded(client, operation, lambda: secrets.delete("acme")),
        pytest.raises(SecretMissing),
    ):
        secrets.change("acme", noted("x"))


def test_a_secret_that_is_deleted_for_later_during_a_change_is_missing(
    client: Any, secrets: Secrets
) -> None:
    secrets.create("acme", {"words": []})
    with (
        answering(client, "PutSecretValue", refusal("InvalidRequestException")),
        pytest.raises(SecretMissing),
    ):
        secrets.change("acme", noted("x"))


def test_a_name_is_free_again_as_soon_as_its_secret_is_deleted(
    client: Any, secrets: Secrets, time: Time
) -> None:
    secrets.create("acme", {"words": ["old"]})
    secrets.delete("acme")
    still = refusal("InvalidRequestException")
    with answering(client, "CreateSecret", still, still) as left:
        secrets.create("acme", {"words": ["new"]})

    assert not left
    assert len(time.pauses) == 2
    assert secrets.read("acme") == {"words": ["new"]}


def test_a_secret_that_stays_in_deletion_is_a_503(
    client: Any, secrets: Secrets, time: Time
) -> None:
    still = refusal("InvalidRequestException")
    with (
        answering(client, "CreateSecret", *[still] * 10_000),
        pytest.raises(Unavailable) as failure,
    ):
        secrets.create("acme", {"words": []})

    assert failure.value.status == 503
    assert time.now < 9


def test_the_names_below_the_prefix_are_listed_and_no_others(
    client: Any, prefix: str, secrets: Secrets
) -> None:
    for name in ("b", "a"):
        secrets.create(name, {})
    Secrets(client, f"{prefix}2").create("c", {})
    Secrets(client, f"above-{prefix}").create("d", {})

    assert sorted(secrets.names()) == ["a", "b"]


def test_names_are_listed_over_several_pages(client: Any, prefix: str, secrets: Secrets) -> None:
    secrets.create("b", {})
    page = success(SecretList=[{"Name": f"{prefix}/a"}], NextToken="0")
    with answering(client, "ListSecrets", page):
        assert sorted(secrets.names()) == ["a", "b"]


@pytest.mark.parametrize(
    "answer", [refusal("ThrottlingException"), refusal("InternalServiceError", 500)], ids=str
)
def test_a_secret_that_cannot_be_read_is_a_503(
    client: Any, secrets: Secrets, answer: dict[str, Any]
) -> None:
    secrets.create("acme", {})
    with answering(client, "GetSecretValue", answer), pytest.raises(Unavailable) as failure:
        secrets.read("acme")

    assert failure.value.status == 503


def test_a_secret_that_may_not_be_read_is_a_failure_of_ours(client: Any, secrets: Secrets) -> None:
    secrets.create("acme", {})
    with (
        answering(client, "GetSecretValue", refusal("AccessDeniedException")),
        pytest.raises(ClientError),
    ):
        secrets.read("acme")
