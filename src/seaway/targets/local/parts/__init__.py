"""PARTS: servers from installed packages, name to "module:Class", loaded when named."""

PARTS: dict[str, str] = {
    "postgres": "seaway.targets.local.parts.postgres:PostgresPart",
    "redis": "seaway.targets.local.parts.redis:RedisPart",
    "s3": "seaway.targets.local.parts.s3:S3Part",
    "mongo": "seaway.targets.local.parts.mongo:MongoPart",
    "gate": "seaway.targets.local.parts.gate:GatePart",
    "milvus": "seaway.targets.local.parts.milvus:MilvusPart",
    "haproxy": "seaway.targets.local.parts.haproxy:HaproxyPart",
    "pebble": "seaway.targets.local.parts.pebble:PebblePart",
    "pebble-names": "seaway.targets.local.parts.pebble:NamesPart",
    "static": "seaway.targets.local.parts.static:StaticPart",
}
