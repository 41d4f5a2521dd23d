"""The application: which path goes where.

Who uses it: `serve`, and the tests with services of their own.
"""

from typing import Any

from aiohttp import web

from dock_server import api, est, gate, in_flight, middleware, pages, visitor
from dock_server.services import SERVICES, Services
from dock_server.settings import AUTH_PATH, STORAGE_PATH

RUNNER_OPTIONS: dict[str, Any] = {"access_log": None, "auto_decompress": False}
"""For `web.AppRunner`. A body is stored as it came: aiohttp would unpack one that says
`Content-Encoding: gzip`, and what is stored would not be what was sent."""


def build_app(services: Services) -> web.Application:
    """An application over `services`; who opened them closes them."""
    app = build_pages(services, in_flight.InFlight())
    app.router.add_get(AUTH_PATH, api.give_token, allow_head=False)
    app.router.add_route("*", STORAGE_PATH + r"{tail:(/.*)?}", api.storage)
    if services.authority is not None:
        est.add_routes(app)
    return app


def build_pages(services: Services, requests: in_flight.InFlight) -> web.Application:
    """The page alone, for a door of its own; `requests` counts those of all doors."""
    app = web.Application(
        middlewares=[
            visitor.asking,
            middleware.audited,
            middleware.refusals,
            in_flight.counting,
        ]
    )
    app[SERVICES] = services
    app[in_flight.IN_FLIGHT] = requests
    app.on_response_prepare.append(middleware.add_headers)
    app.on_response_prepare.append(gate.add_headers)
    pages.add_routes(app)
    return app
