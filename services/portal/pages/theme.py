"""Templates and static files, read once. A file's address changes with its content, so browsers
may keep it for ever."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import jinja2
from aiohttp import web

from services.portal.presenters import language

_HERE = Path(__file__).parent.parent
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HTMX = ("htmx.min.js",)
_KEPT = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class File:
    """A static file and its type."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Theme:
    """How pages look: the templates, and static files by address."""

    templates: jinja2.Environment
    files: Mapping[str, File]


def text(theme: Theme, name: str) -> str:
    """What stands in one of the static files, for a document that embeds it."""
    found = next(at for at in theme.files if at.endswith(f"/{name}"))
    return theme.files[found].content.decode()


def load() -> Theme:
    """Read everything.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    own = {path.name: path for path in sorted((_HERE / "static").iterdir())}
    htmx = {name: _htmx_folder() / name for name in _HTMX}
    addresses = {name: _address(name, path) for name, path in (own | htmx).items()}
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    _speak(templates)
    templates.globals["asset"] = addresses.__getitem__
    return Theme(
        templates,
        {
            addresses[name]: File(path.read_bytes(), _TYPES[path.suffix])
            for name, path in (own | htmx).items()
        },
    )


def answer(theme: Theme, address: str) -> web.Response:
    """A static file."""
    file = theme.files.get(address)
    if file is None:
        raise web.HTTPNotFound
    response = web.Response(
        body=file.content,
        content_type=file.content_type,
        charset="utf-8",
        headers={"Cache-Control": _KEPT},
    )
    response.enable_compression()
    return response


def _speak(templates: jinja2.Environment) -> None:
    """``_`` and ``trans`` in templates, in the language of the request."""
    language.read_all()
    templates.policies["ext.i18n.trimmed"] = True
    install = templates.install_gettext_callables  # type: ignore[attr-defined] # by the extension
    install(language.raw_gettext, language.raw_ngettext, newstyle=True)
    # The extension's own alias takes as long again.
    templates.globals["_"] = templates.globals["gettext"]
    templates.globals["ui_language"] = language.current
    templates.globals["ui_languages"] = language.offered()


def _address(name: str, path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"/static/{digest}/{name}"


def _htmx_folder() -> Path:
    spec = find_spec("js_lib_htmx")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("htmx is missing: install the package django-js-lib-htmx")
    return Path(spec.submodule_search_locations[0]) / "static" / "htmx"
