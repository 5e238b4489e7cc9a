"""A release of a good version, and one of a version that does not start."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from rehearsal import codedeploy
from rehearsal.rows import expect
from rehearsal.stack import Stack

_BROKEN = "raise RuntimeError('this version does not start')\n"


def check_releases(stack: Stack) -> str:
    """Publish both by hand, and have the deployed ReleaseFunction try them out."""
    functions, resources = stack.cloud.client("lambda"), stack.resources()
    users, hook = resources["UsersFunction"], resources["ReleaseFunction"]
    current = functions.get_alias(FunctionName=users, Name="live")["FunctionVersion"]
    _allow_versions(stack)
    with codedeploy.running() as deployer:
        _direct(functions, hook, deployer.url)
        good = _published(functions, users, "a version that is as the one before")
        tried = stack.invoke("ReleaseFunction", deployer.begin("d-1", users, current, good))
        expect(tried, {"status": "Succeeded"}, "a good version")
        left = {each["Version"] for each in _versions(functions, users)}
        expect(left, {"$LATEST", current, good}, "the versions after a release")
        functions.update_function_code(FunctionName=users, ZipFile=_zipped(_BROKEN))
        broken = _published(functions, users, "a version that does not start")
        tried = stack.invoke("ReleaseFunction", deployer.begin("d-2", users, current, broken))
        expect(tried, {"status": "Failed"}, "a version that does not start")
        expect(deployer.reports, {"d-1": "Succeeded", "d-2": "Failed"}, "what CodeDeploy was told")
    alias = functions.get_alias(FunctionName=users, Name="live")["FunctionVersion"]
    expect(alias, current, "the version that clients reach")
    names = [
        each["Name"] for each in stack.cloud.client("secretsmanager").list_secrets()["SecretList"]
    ]
    expect([each for each in names if "rollcall-release-" in each], [], "tenants of releases")
    return f"version {good} answers and is released, {broken} does not start and is refused"


def _allow_versions(stack: Stack) -> None:
    """Allow functions where versions are allowed: the emulator does not tell them apart."""
    iam = stack.cloud.client("iam")
    named = {"RoleName": stack.resources()["ReleaseRole"], "PolicyName": "calls"}
    document = json.dumps(iam.get_role_policy(**named)["PolicyDocument"])
    iam.put_role_policy(**named, PolicyDocument=document.replace(':*"', '*"'))


def _direct(functions: Any, hook: str, url: str) -> None:
    """Give the function the URL of this CodeDeploy."""
    variables = functions.get_function_configuration(FunctionName=hook)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=hook,
        Environment={"Variables": {**variables, "AWS_ENDPOINT_URL_CODEDEPLOY": url}},
    )


def _published(functions: Any, function: str, description: str) -> str:
    made = functions.publish_version(FunctionName=function, Description=description)
    return str(made["Version"])


def _versions(functions: Any, function: str) -> list[dict[str, Any]]:
    found = functions.list_versions_by_function(FunctionName=function)
    return list(found["Versions"])


def _zipped(code: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", code)
    return packed.getvalue()
