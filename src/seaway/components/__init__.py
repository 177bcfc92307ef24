"""KINDS: every component kind, in a plain list."""

from seaway.components.app import App
from seaway.components.bot import Bot
from seaway.components.gateway import Gateway
from seaway.components.inbox import Inbox
from seaway.components.job import Job
from seaway.components.meeting import Meeting
from seaway.components.milvus import Milvus
from seaway.components.models import Models
from seaway.components.mongo import Mongo
from seaway.components.other import Other
from seaway.components.pay import Pay
from seaway.components.postgres import Postgres
from seaway.components.rag import Rag
from seaway.components.redis import Redis
from seaway.components.s3 import S3
from seaway.components.schedule import Schedule
from seaway.components.simulator import Simulator
from seaway.components.sms import Sms
from seaway.components.smtp import Smtp
from seaway.components.static import Static
from seaway.components.vectors import Vectors
from seaway.components.vision import Vision
from seaway.ports.component import Component

KINDS: tuple[type[Component], ...] = (
    App, Static, Schedule, Job,
    Gateway, Models, Vectors, Rag, Vision, Simulator,
    Postgres, Redis, S3, Mongo, Milvus,
    Smtp, Pay, Sms, Meeting, Bot, Inbox, Other,
)  # fmt: skip
