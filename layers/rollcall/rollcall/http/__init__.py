"""The ASGI surface: routes, authentication, errors to responses. The only room that knows ASGI."""
