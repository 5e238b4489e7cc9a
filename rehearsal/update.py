"""Updates of a stack under load: one that succeeds, and one that rolls back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx

from rehearsal import load
from rehearsal.rows import DifferenceError, expect
from rehearsal.stack import BUILT, CommandError, Stack
from rehearsal.tenant import Tenant

_BROKEN = """
  Broken:
    Type: AWS::Events::EventBus
    DependsOn: [ApiStage, UsersFunctionAliaslive, HandoverFunctionAliaslive]
    Properties: { Name: !Sub "${AWS::StackName}-changes" }
"""
"""A bus with a name that exists: it fails after all functions were updated."""


def update_under_load(stack: Stack, tenant: Tenant) -> str:
    """Deploy changed code and a changed parameter under load."""
    built = _changed_build(stack.cloud.folder / "later", "# later\n")
    with load.running(tenant.url, tenant.token) as clients:
        stack.deploy(built, ProductName="Later")
    expect(stack.status(), "UPDATE_COMPLETE", "the stack")
    expect(clients.refused, 0, f"refused of {clients}")
    _check(stack, tenant, clients, "Later")
    return f"{clients}; {len(clients.created)} users kept; the page has the new parameter"


def roll_back_under_load(stack: Stack, tenant: Tenant) -> str:
    """Deploy an update that fails at its end under load, and check that nothing changed."""
    built = _changed_build(stack.cloud.folder / "broken", "raise RuntimeError('broken')\n")
    template = built / "template.yaml"
    text = template.read_text()
    template.write_text(text.replace("\nResources:\n", f"\nResources:{_BROKEN}", 1))
    with load.running(tenant.url, tenant.token) as clients:
        try:
            stack.deploy(built, ProductName="Broken")
        except CommandError as error:
            if "rolled back" not in str(error).lower() and "ROLLBACK" not in str(error):
                raise
        else:
            raise DifferenceError("the update did not fail")
    expect(stack.status(), "UPDATE_ROLLBACK_COMPLETE", "the stack")
    expect(clients.refused, 0, f"refused of {clients}")
    _check(stack, tenant, clients, "Later")
    return f"rolled back; {clients}"


def _check(stack: Stack, tenant: Tenant, clients: load.Load, product: str) -> None:
    """Check that created users exist, and that the functions are those of the deployment."""
    for each in clients.created:
        expect(tenant.status("GET", f"/Users/{each}"), 200, f"the user {each}")
    page = httpx.get(f"{stack.url}/handover", timeout=120)
    expect((page.status_code, product in page.text), (200, True), "the page")
    answer = stack.invoke("SweepFunction", {})
    expect(answer, {"finished": 0}, f"a function that no client reaches: {json.dumps(answer)}")


def _changed_build(folder: Path, line: str) -> Path:
    """Copy the build, with one more line in each function."""
    shutil.copytree(BUILT, folder)
    for each in folder.glob("*/app.py"):
        each.write_text(f"{each.read_text()}\n{line}")
    return folder
