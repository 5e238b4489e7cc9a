"""scim2-server in memory with a bearer token, for a WSGI server in the peer's environment."""

from scim2_server.memory import InMemoryStorage
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import load_default_provider

app = BearerTokenApplication(InMemoryStorage(), load_default_provider(), bearer_tokens=["bench"])
