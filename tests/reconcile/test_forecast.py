"""What the first cycle will do with a person: one test for each thing that can happen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollcall.model.account_link import AccountLink, LinkPolicy, LinkRule, LinkState
from rollcall.reconcile.conflicts.conflict_finding import ConflictFinding, Verdict
from rollcall.reconcile.conflicts.entra_export import Assignments
from rollcall.reconcile.conflicts.person import JobRules, parse_match_rule
from tests.reconcile.cases import account, found, person

PROTECTED = AccountLink(LinkState.LOCAL, protected=True)
LINKED = AccountLink(LinkState.LINKED)


def only(findings: list[ConflictFinding]) -> ConflictFinding:
    (finding,) = findings
    return finding


def test_the_same_user_name_links(tmp_path: Path) -> None:
    finding = only(found(tmp_path, [account("ann@x.test")], [person("ann@x.test")]))

    assert (finding.verdict, finding.attention) == (Verdict.LINKED, False)
    assert finding.reasons == ("the job finds it by userName = `ann@x.test`",)


def test_another_case_links_and_says_how_it_is_written(tmp_path: Path) -> None:
    finding = only(found(tmp_path, [account("ANN@x.test")], [person("ann@X.test")]))

    assert (finding.verdict, finding.attention) == (Verdict.LINKED_BY_CASE, False)
    assert "there it is written `ANN@x.test`" in finding.reasons


@pytest.mark.parametrize(
    ("there", "here", "confidence"),
    [
        (account("lee@x.test"), person("ann@x.test", proxyAddresses=["smtp:LEE@x.test"]), 95),
        (account("lee@x.test"), person("ann@x.test", otherMails=["lee@x.test"]), 95),
        (account("lee@x.test"), person("ann@x.test", mail="lee@x.test"), 95),
        (account("lee", "ann@x.test"), person("ann@x.test"), 95),
        (account("ann+work@x.test"), person("ann@x.test"), 90),
        (account("a.nn@gmail.com"), person("ann@x.test", otherMails=["ann@gmail.com"]), 90),
        (account("lee@x.test", number="0017"), person("ann@x.test", employeeId="17"), 95),
        (
            account("ann@home.test", displayName="Ann Lee"),
            person("ann@x.test", displayName="Lee, Ann"),
            82,
        ),
        (
            account("ann@x.test.old", displayName="Ann Lee"),
            person("ann@x.test", displayName="Ann Lee", proxyAddresses=["smtp:al@x.test.old"]),
            88,
        ),
        (account("lee", displayName="Ann Lee"), person("ann@x.test", displayName="Ann Lee"), 40),
    ],
    ids=[
        "alias", "other mail", "mail", "e-mail instead of userName", "plus-address", "dots",
        "employee number", "other domain", "other domain of the organisation", "name",
    ],
)  # fmt: skip
def test_another_account_of_the_person_means_a_duplicate(
    there: Any, here: dict[str, Any], confidence: int, tmp_path: Path
) -> None:
    finding = only(found(tmp_path, [there], [here]))

    assert (finding.verdict, finding.attention) == (Verdict.DUPLICATED, True)
    assert finding.confidence == confidence
    assert finding.hint == (confidence < 50)
    assert f"--user-name {here['userPrincipalName']}" in str(finding.remedy)


@pytest.mark.parametrize(
    ("there", "here"),
    [
        (account("bob@x.test"), person("ann@x.test")),
        (account("info@y.test", displayName="Desk Two"), person("info@x.test", displayName="D O")),
        (
            account("lee", displayName="Ann Lee", number="1"),
            person("ann@x.test", displayName="Ann Lee", employeeId="2"),
        ),
        (account("lee@x.test", number="n/a"), person("ann@x.test", employeeId="N/A")),
        (account("lee@x.test"), person("ann@x.test", proxyAddresses=["SIP:lee@x.test", "X500:/o"])),
    ],
    ids=["nothing", "desks of two domains", "namesakes", "no number", "no mailbox"],
)
def test_what_only_looks_alike_is_nobodys_duplicate(
    there: Any, here: dict[str, Any], tmp_path: Path
) -> None:
    verdicts = {each.verdict for each in found(tmp_path, [there], [here])}

    assert verdicts == {Verdict.PERSON_ONLY, Verdict.ACCOUNT_ONLY}


def test_several_accounts_that_the_filter_finds_are_ambiguous(tmp_path: Path) -> None:
    accounts = [account("a", "team@x.test"), account("b", "team@x.test")]
    rules = JobRules((parse_match_rule('emails[type eq "work"].value=mail'),))

    finding = only(
        found(tmp_path, accounts, [person("ann@x.test", mail="team@x.test")], rules=rules)
    )

    assert finding.verdict is Verdict.AMBIGUOUS
    assert "2 accounts have emails.value = `team@x.test`" in finding.reasons[0]


def test_several_accounts_that_look_like_the_person_are_ambiguous(tmp_path: Path) -> None:
    accounts = [account("lee@x.test"), account("al", number="17")]
    here = person("ann@x.test", otherMails=["lee@x.test"], employeeId="17")

    finding = only(found(tmp_path, accounts, [here]))

    assert finding.verdict is Verdict.AMBIGUOUS
    assert "accounts merge acme --keep id-lee@x.test --remove id-al" in str(finding.remedy)


def test_an_account_that_is_found_for_two_people_is_ambiguous_for_both(tmp_path: Path) -> None:
    people = [person(f"{each}@x.test", mail="team@x.test") for each in ("ann", "bob")]
    rules = JobRules((parse_match_rule("userName=mail"),))

    findings = found(tmp_path, [account("team@x.test")], people, rules=rules)

    assert [each.verdict for each in findings] == [Verdict.AMBIGUOUS] * 2


def test_an_account_that_another_person_links_is_not_offered_as_a_duplicate(
    tmp_path: Path,
) -> None:
    accounts = [account("bob@x.test", displayName="Sam Roe")]
    people = [
        person("bob@x.test", displayName="Sam Roe"),
        person("ann@x.test", displayName="Sam Roe"),
    ]

    verdicts = [each.verdict for each in found(tmp_path, accounts, people)]

    assert verdicts == [Verdict.LINKED, Verdict.PERSON_ONLY]


def test_an_address_that_is_somebody_elses_account_is_ambiguous(tmp_path: Path) -> None:
    people = [person("bob@x.test"), person("ann@x.test", otherMails=["bob@x.test"])]

    ambiguous, linked = found(tmp_path, [account("bob@x.test")], people)

    assert (ambiguous.verdict, linked.verdict) == (Verdict.AMBIGUOUS, Verdict.LINKED)
    assert "the job finds it for somebody else" in ambiguous.reasons[-1]


def test_a_user_name_that_was_given_to_somebody_new_is_ambiguous(tmp_path: Path) -> None:
    there = account("ann@x.test", displayName="Ann Lee", number="1")
    here = person("ann@x.test", displayName="Ann Roe", employeeId="2")

    finding = only(found(tmp_path, [there], [here]))

    assert finding.verdict is Verdict.AMBIGUOUS
    assert "another person's" in finding.reasons[-1]


def test_a_marriage_is_no_doubt(tmp_path: Path) -> None:
    there = account("ann@x.test", displayName="Ann Lee", number="1")
    here = person("ann@x.test", displayName="Ann Roe", employeeId="1")

    assert only(found(tmp_path, [there], [here])).verdict is Verdict.LINKED


def test_the_second_account_of_somebody_who_links_is_named(tmp_path: Path) -> None:
    accounts = [account("ann@x.test"), account("lee@x.test")]

    second, linked = found(tmp_path, accounts, [person("ann@x.test", otherMails=["lee@x.test"])])

    assert (second.verdict, linked.verdict) == (Verdict.SECOND, Verdict.LINKED)
    assert "--keep id-ann@x.test --remove id-lee@x.test" in str(second.remedy)


def test_a_protected_account_is_never_linked(tmp_path: Path) -> None:
    there = account("ann@x.test", link=PROTECTED)

    finding = only(found(tmp_path, [there], [person("ann@x.test")]))

    assert (finding.verdict, finding.attention) == (Verdict.PROTECTED, True)


def test_what_is_linked_already_stays_linked_under_every_policy(tmp_path: Path) -> None:
    there = account("lee@x.test", link=LINKED, externalId="object-ann@x.test")

    finding = only(
        found(tmp_path, [there], [person("ann@x.test")], linking=LinkPolicy(LinkRule.STRICT))
    )

    assert (finding.verdict, finding.reasons[-1]) == (Verdict.LINKED, "linked already")


def test_under_strict_a_local_account_waits_for_an_operator(tmp_path: Path) -> None:
    finding = only(
        found(
            tmp_path,
            [account("ann@x.test")],
            [person("ann@x.test")],
            linking=LinkPolicy(LinkRule.STRICT),
        )
    )

    assert finding.verdict is Verdict.REFUSED
    assert "`rollcall accounts relink acme id-ann@x.test --external-id object-ann@x.test`" in str(
        finding.remedy
    )


def test_linking_stays_within_the_domains(tmp_path: Path) -> None:
    accounts = [account("ann@x.test"), account("bob@home.test"), account("eve", "eve@x.test")]
    people = [person("ann@x.test"), person("bob@home.test"), person("eve")]
    linking = LinkPolicy(domains=frozenset({"x.test"}))

    refused, *linked = found(tmp_path, accounts, people, linking=linking)

    assert (refused.verdict, refused.accounts[0].user_name) == (Verdict.REFUSED, "bob@home.test")
    assert "`rollcall tenants domains add acme home.test`" in str(refused.remedy)
    assert [each.verdict for each in linked] == [Verdict.LINKED] * 2


@pytest.mark.parametrize(
    ("linking", "verdict"),
    [
        (LinkPolicy(LinkRule.MATCH), Verdict.REFUSED),
        (LinkPolicy(LinkRule.ADOPT), Verdict.REFUSED),
        (LinkPolicy(LinkRule.ADOPT, frozenset({"x.test"})), Verdict.LINKED),
    ],
    ids=["match", "adopt without domains", "adopt"],
)
def test_a_post_that_collides_is_refused_or_adopted(
    linking: LinkPolicy, verdict: Verdict, tmp_path: Path
) -> None:
    rules = JobRules((parse_match_rule("externalId=objectId"),))

    finding = only(
        found(
            tmp_path, [account("ann@x.test")], [person("ann@x.test")], rules=rules, linking=linking
        )
    )

    assert finding.verdict is verdict


@pytest.mark.parametrize(
    ("here", "reason", "attention"),
    [
        (person("ann@x.test", accountEnabled=False), "disabled in the IdP", False),
        (person('"ann"@x.test'), "characters that the job cannot ask for", True),
        (person("bob@x.test"), "not assigned", False),
    ],
    ids=["disabled", "special characters", "not assigned"],
)
def test_who_is_not_provisioned_and_why(
    here: dict[str, Any], reason: str, attention: bool, tmp_path: Path
) -> None:
    scope = Assignments({"ann@x.test", '"ann"@x.test'})
    there = account(here["userPrincipalName"])

    finding = only(found(tmp_path, [there], [here], assigned=scope))

    assert (finding.verdict, finding.attention) == (Verdict.SKIPPED, attention)
    assert reason in finding.reasons[0]
    assert finding.reasons[1] == "the account stays active: the job does not touch it"


def test_without_a_value_to_match_by_nobody_is_provisioned(tmp_path: Path) -> None:
    rules = JobRules((parse_match_rule("userName=mail"),))

    finding = only(found(tmp_path, [], [person("ann@x.test")], rules=rules))

    assert (finding.verdict, finding.attention) == (Verdict.SKIPPED, True)
    assert "has no mail to look for it by" in finding.reasons[0]


def test_the_first_matching_attribute_that_finds_an_account_wins(tmp_path: Path) -> None:
    accounts = [account("ann@x.test"), account("lee", "lee@x.test")]
    rules = JobRules(
        (parse_match_rule("emails.value=mail"), parse_match_rule("userName=userPrincipalName"))
    )

    finding = found(tmp_path, accounts, [person("ann@x.test", mail="lee@x.test")], rules=rules)

    assert finding[-1].verdict is Verdict.LINKED
    assert finding[-1].accounts[0].user_name == "lee"


def test_a_filter_on_work_addresses_finds_no_others(tmp_path: Path) -> None:
    there = account("lee", emails=[{"value": "ann@x.test", "type": "home"}])
    rules = JobRules((parse_match_rule('emails[type eq "work"].value=mail'),))

    finding = only(found(tmp_path, [there], [person("a@x.test", mail="ann@x.test")], rules=rules))

    assert finding.verdict is Verdict.DUPLICATED


def test_a_guest_is_looked_for_by_the_address_of_its_own(tmp_path: Path) -> None:
    here = person("a_lee_home.test#EXT#@x.onmicrosoft.com")

    linked = only(found(tmp_path, [account("a_lee@home.test")], [here]))
    whole = only(
        found(
            tmp_path,
            [account("a_lee_home.test#EXT#@x.onmicrosoft.com")],
            [here],
            rules=JobRules((parse_match_rule("userName=originalUserPrincipalName"),)),
        )
    )

    assert (linked.verdict, linked.person.user_name) == (Verdict.LINKED, "a_lee@home.test")  # type: ignore[union-attr]
    assert whole.verdict is Verdict.LINKED


def test_an_account_that_nobody_looks_like_is_only_in_the_product(tmp_path: Path) -> None:
    accounts = [
        account("old@x.test"),
        account("root", link=PROTECTED),
        account("off", active=False),
    ]

    findings = found(tmp_path, accounts, [person("ann@x.test")])

    product = [each for each in findings if each.verdict is Verdict.ACCOUNT_ONLY]
    assert [bool(each.remedy) for each in product] == [True, False, False]
    assert not any(each.attention for each in findings)


def test_a_value_that_many_accounts_bear_says_nothing(tmp_path: Path) -> None:
    accounts = [account(f"u{each}", "office@x.test") for each in range(30)]

    findings = found(tmp_path, accounts, [person("ann@x.test", mail="office@x.test")])

    assert findings[0].verdict is Verdict.PERSON_ONLY


def test_a_name_that_a_shell_would_run_is_quoted_in_the_remedy(tmp_path: Path) -> None:
    here = person("$(ann)@x.test", otherMails=["lee@x.test"])

    finding = only(found(tmp_path, [account("lee@x.test")], [here]))

    assert "--user-name '$(ann)@x.test'`" in str(finding.remedy)
