"""nginx: the configuration for serving one folder."""

from dataclasses import dataclass

TYPES = {
    "text/html": "html htm",
    "text/css": "css",
    "text/javascript": "js mjs",
    "text/plain": "txt",
    "text/xml": "xml",
    "text/markdown": "md",
    "text/csv": "csv",
    "application/json": "json map",
    "application/manifest+json": "webmanifest",
    "application/wasm": "wasm",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/rss+xml": "rss",
    "image/svg+xml": "svg",
    "image/png": "png",
    "image/jpeg": "jpg jpeg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/x-icon": "ico",
    "font/woff": "woff",
    "font/woff2": "woff2",
    "font/ttf": "ttf",
    "audio/mpeg": "mp3",
    "video/mp4": "mp4",
    "video/webm": "webm",
}
PACKED = (
    "text/css text/javascript text/plain text/xml application/javascript application/json "
    "application/xml+rss application/manifest+json application/wasm image/svg+xml"
)
"""Beside text/html, which nginx always packs (R9)."""
HASHED = (
    # vite: /assets/index-DiwrgTda.js, where the last eight are not a plain word
    r"~^/assets/(?:.*/)?[^/]*-(?=[a-z-]*[A-Z0-9_])[A-Za-z0-9_-]{8}\.[a-z0-9]+$",
    # others: main.3f2a9c1b.js; a date like 20240101 has no letter
    r"~[.-](?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\.(?:[a-z]+\.)?[a-z0-9]+$",
)
"""Names that carry a hash of what is in the file: they never change (R16, R31)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What is served, where, and how long it may be kept."""

    root: str
    address: str
    scratch: str
    """A folder for its own files."""
    spa: bool
    """Whether a path without a file gets the entry page."""
    hashed: str
    entry: str
    other: str


def configuration(served: Served) -> str:
    """The whole file."""
    types = "\n".join(f"    {kind} {names};" for kind, names in TYPES.items())
    hashed = "\n".join(f'    "{pattern}" "{served.hashed}";' for pattern in HASHED)
    closed = "\n".join(f'    "{pattern}" "";' for pattern in HASHED)
    scratch = "\n".join(
        f"  {kind}_temp_path {_quoted(f'{served.scratch}/{kind}')};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    missing = " ".join(sorted({each for names in TYPES.values() for each in names.split()}))
    return _TEMPLATE.format(
        types=types,
        hashed=hashed,
        closed=closed,
        scratch=scratch,
        pid=_quoted(f"{served.scratch}/nginx.pid"),
        packed=PACKED,
        entry=served.entry,
        other=served.other,
        address=served.address,
        root=_quoted(served.root),
        files=missing.replace("html htm ", "").replace(" ", "|"),
        otherwise="/index.html" if served.spa else "=404",
    )


def _quoted(text: str) -> str:
    """One word; nginx replaces variables even between quotes, so a `$` cannot be carried.

    Raises:
        ValueError: it has such a character.
    """
    if any(each in text for each in '$"\\\n'):
        raise ValueError(f"cannot be written for nginx: {text!r}")
    return f'"{text}"'


_TEMPLATE = """\
# Written by Seaway: changes are overwritten.
daemon off;
pid {pid};
error_log stderr warn;
worker_processes 1;

events {{
  worker_connections 2048;
  multi_accept on;
}}

http {{
  default_type application/octet-stream;
  types_hash_max_size 2048;
  types {{
{types}
  }}
  charset utf-8;
  charset_types text/css text/javascript text/plain text/xml text/markdown application/json;

  access_log off;
  log_not_found off;
  server_tokens off;
  absolute_redirect off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 65s;
  client_header_timeout 10s;
  client_max_body_size 1k;
{scratch}

  gzip on;
  gzip_vary on;
  gzip_proxied any;
  gzip_min_length 1024;
  gzip_types {packed};

  map $uri $keep {{
    default "{other}";
    "~\\.html?$" "{entry}";
{hashed}
  }}
  # Those for which a route of the ingress may say something else.
  map $uri $open {{
    default "1";
    "~\\.html?$" "";
{closed}
  }}

  server {{
    listen {address};
    root {root};
    index index.html;
    add_header Cache-Control $keep;
    add_header X-Seaway-Cache $open;
    if ($request_method !~ ^(GET|HEAD)$) {{
      return 405;
    }}
    location ~ "(^|/)\\.(?!well-known(/|$))" {{
      return 404;
    }}
    location ~* "\\.({files})$" {{
      try_files $uri =404;
    }}
    location / {{
      try_files $uri $uri/index.html {otherwise};
    }}
  }}
}}
"""
