"""CodeDeploy as ReleaseFunction knows it: three calls, which the emulator does not have."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


class CodeDeploy:
    """Deployments by their ids, and what hooks have reported of them."""

    def __init__(self, url: str, deployments: dict[str, Any], reports: dict[str, str]) -> None:
        self.url = url
        self._deployments = deployments
        self.reports = reports

    def begin(self, deployment: str, function: str, current: str, target: str) -> dict[str, str]:
        """Begin a deployment, and return what its hook is given."""
        versions = {"CurrentVersion": current, "TargetVersion": target}
        properties = {"Name": function, "Alias": "live", **versions}
        resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
        self._deployments[deployment] = {"version": "0.0", "Resources": [{function: resource}]}
        return {
            "DeploymentId": deployment,
            "LifecycleEventHookExecutionId": f"hook of {deployment}",
        }


@contextmanager
def running() -> Iterator[CodeDeploy]:
    """Run it on loopback until the block ends."""
    deployments: dict[str, Any] = {}
    reports: dict[str, str] = {}
    named = {"deployments": deployments, "reports": reports}
    handler = type("Handler", (_Handler,), named)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            yield CodeDeploy(url, deployments, reports)
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    deployments: ClassVar[dict[str, Any]]
    reports: ClassVar[dict[str, str]]

    def do_POST(self) -> None:  # the name of the method
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers["X-Amz-Target"].rpartition(".")[2]
        content = json.dumps(self._answer(action, asked)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, action: str, asked: Any) -> Any:
        if action == "GetDeployment":
            # As there, the location of the revision has a hash in the place of its text.
            revision = {"revisionType": "String", "string": {"sha256": asked["deploymentId"]}}
            return {"deploymentInfo": {"applicationName": "releases", "revision": revision}}
        if action == "GetApplicationRevision":
            appspec = self.deployments[asked["revision"]["string"]["sha256"]]
            text = {"content": json.dumps(appspec)}
            return {"revision": {"revisionType": "String", "string": text}}
        self.reports[asked["deploymentId"]] = asked["status"]
        return {}

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
