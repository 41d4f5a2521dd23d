"""Lays a page out from its template.

Who uses it: the page modules. Values are escaped by the template engine.
"""

from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from dock_server.services import Services

_TEMPLATES = Environment(
    loader=PackageLoader("dock_server"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, services: Services, **values: Any) -> web.Response:
    """The template filled with `values`; the site's name is there on every page."""
    text = _TEMPLATES.get_template(template).render(site_name=services.settings.site_name, **values)
    return web.Response(text=text, content_type="text/html")
