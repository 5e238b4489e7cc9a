"""The hook of a release: CodeDeploy calls it before clients reach a new version of a function.

A version that does not answer as it has to is not released: clients stay with the one before. Of a
version that is released, the one before is kept until the next release, and older ones are deleted.
"""

from __future__ import annotations

from typing import Any

from rollcall.aws.deployments import Deployments, InvocationFailed, Target
from rollcall.runtime.backend import Backend, deployed
from rollcall.runtime.json_log import logger
from rollcall.runtime.release_probe import Probe, ProbeFailed, probe_tenant

ATTEMPTS = 2
"""How often a version may try: a throttled table is no fault of a version."""


def handler(event: dict[str, str], context: object) -> dict[str, str]:
    """Try out the version of a deployment, and report to CodeDeploy."""
    return release(deployed(), event["DeploymentId"], event["LifecycleEventHookExecutionId"])


def release(backend: Backend, deployment: str, execution: str) -> dict[str, str]:
    """Try out a version, report, and delete versions older than the one before it."""
    deployments, succeeded = backend.deployments(), False
    try:
        target = deployments.target(deployment)
        succeeded = _answers(backend, deployments, target)
    finally:
        # Without a report CodeDeploy would wait for an hour.
        deployments.report(deployment, execution, succeeded=succeeded)
    if succeeded:
        older = deployments.delete_older(target)
        logger().info("released", extra={**_named(target), "deleted": older})
    return {"status": "Succeeded" if succeeded else "Failed"}


def _answers(backend: Backend, deployments: Deployments, target: Target) -> bool:
    function = backend.settings.functions[target.function]
    for _ in range(ATTEMPTS):
        with probe_tenant(backend.tenants, function) as (name, token):
            probe = Probe(lambda event: deployments.invoke(target, event), name, token)
            try:
                probe.play(function)
            except (ProbeFailed, InvocationFailed) as failure:
                reason = str(failure)
            else:
                logger().info("answers", extra=_named(target))
                return True
    logger().error("not released", extra={**_named(target), "reason": reason})
    return False


def _named(target: Target) -> dict[str, Any]:
    return {"function": target.function, "version": target.version, "before": target.current}
