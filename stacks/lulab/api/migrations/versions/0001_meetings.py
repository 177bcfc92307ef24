"""Users, meetings, recordings and all that comes of them; jobs; the audit log.

Source: requirements, part 2.3, data model.
"""

import seaway_jobs
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE CHECK (email = lower(email)),
    name text NOT NULL DEFAULT '',
    password_hash text NOT NULL,
    role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now()
)
""",
    """
CREATE TABLE meetings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number text NOT NULL UNIQUE,
    code text NOT NULL,
    subject text NOT NULL,
    host text NOT NULL,
    host_id text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
)
""",
    "CREATE INDEX meetings_started ON meetings (started_at DESC)",
    """
CREATE TABLE recordings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    file_id text NOT NULL UNIQUE,
    meeting_id uuid NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'stored', 'done')),
    object_key text NOT NULL DEFAULT '',
    media_type text NOT NULL DEFAULT '',
    size bigint NOT NULL DEFAULT 0,
    etag text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
)
""",
    "CREATE INDEX recordings_meeting ON recordings (meeting_id)",
    """
CREATE TABLE transcripts (
    recording_id uuid PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE,
    text text NOT NULL,
    model text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
)
""",
    """
CREATE TABLE summaries (
    recording_id uuid PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE,
    text text NOT NULL,
    model text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
)
""",
    """
CREATE TABLE notifications (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    recording_id uuid NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    channel text NOT NULL CHECK (channel IN ('mail', 'sms', 'feishu')),
    recipient text NOT NULL,
    receipt text NOT NULL DEFAULT '',
    sent_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (recording_id, channel)
)
""",
    """
CREATE TABLE audit_entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    user_id uuid,
    ip text NOT NULL,
    user_agent text NOT NULL,
    request_id text NOT NULL,
    action text NOT NULL,
    subject jsonb NOT NULL DEFAULT '{}'
)
""",
    "CREATE INDEX audit_entries_request ON audit_entries (request_id)",
    "CREATE INDEX audit_entries_at ON audit_entries (at DESC)",
)


def upgrade() -> None:
    """Make the tables, and those of the queue."""
    seaway_jobs.install(op.get_bind())
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drop our tables and everything in them; those of the queue stay."""
    for table in ("audit_entries", "notifications", "summaries", "transcripts", "recordings",
                  "meetings", "users"):  # fmt: skip
        op.execute(f"DROP TABLE {table}")
