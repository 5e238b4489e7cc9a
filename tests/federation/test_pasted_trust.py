"""What an administrator pastes is read with tolerance, explained, or refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.federation.pasted_trust import PastedTrust, TrustError, ValueNames, read
from rollcall.federation.trust import Trust

TENANT = "ce5f061f-abe6-4e40-9615-301f87bcb7f0"
OTHER_TENANT = "0e5f061f-abe6-4e40-9615-301f87bcb7f0"
SUBJECT = "d2f8ee76-c549-45b8-a143-f5b640669704"
APPLICATION = "b5ba7a93-4452-4522-aeb4-a2b5da870c16"

ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"
JWKS = f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"
OLD_ISSUER = f"https://sts.windows.net/{TENANT}/"
OLD_JWKS = f"https://login.microsoftonline.com/{TENANT}/discovery/keys"


def pasted(**changes: Any) -> PastedTrust:
    values = {"issuer": ISSUER, "jwks": JWKS, "subject": SUBJECT, "audience": APPLICATION}
    return read(**{**values, **changes})


def refusal(**changes: Any) -> str:
    with pytest.raises(TrustError) as refused:
        pasted(**changes)
    return str(refused.value)


def test_what_is_right_is_read_without_a_word() -> None:
    assert pasted() == PastedTrust(Trust(ISSUER, JWKS, SUBJECT, APPLICATION))


@pytest.mark.parametrize(
    ("issuer", "note"),
    [
        (f"{ISSUER}/", f"--issuer is read as {ISSUER}"),
        (f"  {ISSUER}\n", f"--issuer is read as {ISSUER}"),
        (f"“{ISSUER}”", f"--issuer is read as {ISSUER}"),
        (f"'{ISSUER}',", f"--issuer is read as {ISSUER}"),
        (f"\u200b{ISSUER}\ufeff\u00a0", f"--issuer is read as {ISSUER}"),
        (ISSUER.upper().replace("V2.0", "v2.0"), f"--issuer is read as {ISSUER}"),
        (ISSUER.removeprefix("https://"), f"--issuer is read as {ISSUER}"),
        (ISSUER.replace("https", "http"), f"--issuer is read as {ISSUER}"),
        (ISSUER.removesuffix("/v2.0"), f"--issuer is read as {ISSUER}"),
        (TENANT, f"--issuer is a tenant id, and is read as {ISSUER}"),
        (TENANT.upper(), f"--issuer is a tenant id, and is read as {ISSUER}"),
        (JWKS, f"--issuer is the URL of the keys, and is read as {ISSUER}"),
        (
            f"{ISSUER}/.well-known/openid-configuration",
            f"--issuer is the OpenID configuration, and is read as {ISSUER}",
        ),
        (
            f"https://login.windows.net/{TENANT}/v2.0",
            f"--issuer is at login.windows.net, and is read as {ISSUER}",
        ),
    ],
)
def test_an_issuer_is_read_as_what_assertions_name(issuer: str, note: str) -> None:
    read = pasted(issuer=issuer)

    assert read.trust.issuer == ISSUER
    assert read.notes == (note,)


@pytest.mark.parametrize(
    ("issuer", "jwks"),
    [
        (ISSUER, JWKS),
        (OLD_ISSUER, OLD_JWKS),
        (
            f"https://login.microsoftonline.us/{TENANT}/v2.0",
            f"https://login.microsoftonline.us/{TENANT}/discovery/v2.0/keys",
        ),
        (
            f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0",
            f"https://login.partner.microsoftonline.cn/{TENANT}/discovery/v2.0/keys",
        ),
        (
            f"https://sts.chinacloudapi.cn/{TENANT}/",
            f"https://login.partner.microsoftonline.cn/{TENANT}/discovery/keys",
        ),
    ],
)
def test_the_keys_follow_from_the_issuer(issuer: str, jwks: str) -> None:
    read = pasted(issuer=issuer, jwks="")

    assert (read.trust.issuer, read.trust.jwks) == (issuer, jwks)
    assert read.notes == (f"--jwks follows from --issuer: {jwks}",)


def test_an_older_issuer_ends_in_a_slash() -> None:
    read = pasted(issuer=OLD_ISSUER.rstrip("/"), jwks=OLD_JWKS)

    assert read.trust.issuer == OLD_ISSUER
    assert read.notes == (f"--issuer is read as {OLD_ISSUER}",)


@pytest.mark.parametrize(
    ("jwks", "note"),
    [
        (ISSUER, f"--jwks is the issuer, and is read as {JWKS}"),
        (
            f"{ISSUER}/.well-known/openid-configuration",
            f"--jwks is the OpenID configuration, and is read as {JWKS}",
        ),
        (
            f"https://sts.windows.net/{TENANT}/discovery/v2.0/keys",
            f"--jwks is at sts.windows.net, and is read as {JWKS}",
        ),
        (f" {JWKS}", f"--jwks is read as {JWKS}"),
        (f"{JWKS}/", f"--jwks is read as {JWKS}"),
    ],
)
def test_the_url_of_the_keys_is_read_as_one(jwks: str, note: str) -> None:
    read = pasted(jwks=jwks)

    assert read.trust.jwks == JWKS
    assert read.notes == (note,)


@pytest.mark.parametrize(
    "jwks",
    [
        f"https://login.windows.net/{TENANT}/discovery/v2.0/keys",
        "https://login.microsoftonline.com/common/discovery/v2.0/keys",
        f"{JWKS}?appid={APPLICATION}",
    ],
)
def test_other_urls_of_the_same_keys_stay_as_they_are(jwks: str) -> None:
    assert pasted(jwks=jwks) == PastedTrust(Trust(ISSUER, jwks, SUBJECT, APPLICATION))


@pytest.mark.parametrize(
    "audience",
    [
        f"api://{APPLICATION}",
        f"api://{APPLICATION}/.default",
        f"{APPLICATION}/.default",
        APPLICATION.upper(),
        f"API://{APPLICATION.upper()}",
    ],
)
def test_an_audience_is_read_as_the_application(audience: str) -> None:
    read = pasted(audience=audience)

    assert read.trust.audience == APPLICATION
    assert read.notes == (f"--audience names an application, and is read as {APPLICATION}",)


def test_an_audience_with_a_name_of_its_own_stays() -> None:
    assert pasted(audience="api://contoso.com/scim").trust.audience == "api://contoso.com/scim"
    assert pasted(audience="api://contoso.com/.default").trust.audience == "api://contoso.com"


def test_a_subject_is_an_object_id() -> None:
    read = pasted(subject=f" {SUBJECT.upper()}")

    assert read.trust.subject == SUBJECT
    assert read.notes == (f"--subject is read as {SUBJECT}",)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"issuer": ""}, "--issuer is empty"),
        ({"issuer": " “” "}, "--issuer is empty"),
        ({"issuer": "x" * 501}, "--issuer has more than 500 characters"),
        (
            {"issuer": "https://login.microsoftonline.com/common/v2.0"},
            "--issuer has to name the tenant by its id, a GUID, and not by common",
        ),
        (
            {"issuer": "https://login.microsoftonline.com/contoso.com/v2.0"},
            "--issuer has to name the tenant by its id, a GUID, and not by contoso.com",
        ),
        (
            {"issuer": "https://login.microsoftonline.com/"},
            "--issuer has to name the tenant by its id, a GUID, and not by nothing",
        ),
        (
            {"issuer": f"https://login.microsoftonline.com/{TENANT}/saml2"},
            "--issuer is neither an issuer nor a URL of keys of Entra: "
            f"https://login.microsoftonline.com/{TENANT}/saml2",
        ),
        (
            {"issuer": "contoso"},
            "--issuer has to be a URL that begins with https://, not https://contoso",
        ),
        (
            {"issuer": f"http://127.0.0.1:8080/{TENANT}/v2.0"},
            "--issuer has to be a URL that begins with https://, "
            f"not http://127.0.0.1:8080/{TENANT}/v2.0",
        ),
        ({"issuer": "https://[::1"}, "--issuer is no URL: https://[::1"),
        (
            {"issuer": f"https://a@login.microsoftonline.com/{TENANT}/v2.0"},
            "--issuer has a part that it may not have: "
            f"https://a@login.microsoftonline.com/{TENANT}/v2.0",
        ),
        (
            {"issuer": f"https://login.microsoftonline.com:8443/{TENANT}/v2.0"},
            "--issuer has a port that it may not have: "
            f"https://login.microsoftonline.com:8443/{TENANT}/v2.0",
        ),
        (
            {"issuer": "https://l\u043egin.microsoftonline.com/"},
            "--issuer has a character that no such value has: \u043e",
        ),
        (
            {"issuer": "https://idp.example.com", "jwks": ""},
            "--jwks is needed: no URL of keys follows from this --issuer",
        ),
        (
            {"issuer": "https://idp.example.com"},
            "--jwks has the keys of Entra, and --issuer is no issuer of Entra",
        ),
        (
            {"jwks": "https://evil.example/keys"},
            "--jwks is at evil.example, and keys are read only from login.microsoftonline.com, "
            "login.microsoftonline.us, login.partner.microsoftonline.cn, login.windows.net "
            "(and what the stack's IssuerHosts adds)",
        ),
        (
            {"jwks": JWKS.replace(TENANT, OTHER_TENANT)},
            f"--jwks names the tenant {OTHER_TENANT}, and --issuer {TENANT}",
        ),
        (
            {"jwks": JWKS.replace(".com/", ".us/")},
            "--jwks is at login.microsoftonline.us, which is another cloud than --issuer",
        ),
        ({"subject": ""}, "--subject is empty"),
        ({"subject": "scim"}, "--subject is an object id, a GUID, and scim is none"),
        (
            {"subject": f"api://{APPLICATION}"},
            f"--subject is an object id, and api://{APPLICATION} looks like another of the "
            "values: are they swapped?",
        ),
        (
            {"audience": ISSUER},
            f"--audience is an application's id, and {ISSUER} looks like another of the values: "
            "are they swapped?",
        ),
        (
            {"audience": f"HTTPS://{ISSUER.removeprefix('https://')}?v#2"},
            f"--audience is an application's id, and HTTPS://{ISSUER.removeprefix('https://')}?v#2 "
            "looks like another of the values: are they swapped?",
        ),
        (
            {"audience": "scim"},
            "--audience is api://APPLICATION-ID or an application's id, and scim is neither",
        ),
    ],
)
def test_a_refusal_names_the_option_and_the_problem(changes: dict[str, str], sentence: str) -> None:
    assert refusal(**changes) == sentence


def test_an_audience_need_not_be_a_url_that_can_be_read() -> None:
    assert pasted(audience="https://[rollcall").trust.audience == "https://[rollcall"


def test_values_that_look_swapped_are_warned_of() -> None:
    assert pasted(subject=APPLICATION).warnings == (
        "--subject and --audience are the same id: the subject is an object id, "
        "the audience an application's",
    )
    assert pasted(subject=TENANT).warnings == (
        "--subject is the tenant id, which is neither a subject nor an audience",
    )
    assert pasted(audience=TENANT).warnings == (
        "--audience is the tenant id, which is neither a subject nor an audience",
    )


def test_another_issuer_is_read_where_the_deployment_reads_its_keys() -> None:
    hosts = {"idp.example.com", "idp.example.com:8443"}
    trust = Trust(
        "https://idp.example.com/oauth2/default",
        "https://idp.example.com/oauth2/v1/keys",
        "0oa1",
        "rollcall",
    )

    read = pasted(
        issuer=trust.issuer,
        jwks=trust.jwks,
        subject=trust.subject,
        audience=trust.audience,
        hosts=hosts,
    )

    assert read == PastedTrust(trust)
    with_port = trust.jwks.replace(".com", ".com:8443")
    assert pasted(issuer=trust.issuer, jwks=with_port, hosts=hosts).trust.jwks == with_port


def test_an_issuer_on_this_machine_is_read_where_the_server_trusts_it() -> None:
    issuer = f"http://127.0.0.1:8080/{TENANT}/v2.0"
    read = pasted(issuer=issuer, jwks="", loopback=True)

    assert read.trust.issuer == issuer
    assert read.trust.jwks == f"http://127.0.0.1:8080/{TENANT}/discovery/v2.0/keys"


def test_values_are_named_as_where_they_are_pasted() -> None:
    names = ValueNames("the issuer", "the JWKS URL", "the subject", "the audience")

    assert refusal(subject="", names=names) == "the subject is empty"
    assert pasted(issuer=TENANT, jwks="", names=names).notes == (
        f"the issuer is a tenant id, and is read as {ISSUER}",
        f"the JWKS URL follows from the issuer: {JWKS}",
    )
