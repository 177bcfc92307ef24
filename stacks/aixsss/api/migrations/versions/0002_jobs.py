"""AI jobs, their results, and the queue they wait in."""

import seaway_jobs
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JOBS = """
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    queue_job bigint NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('text', 'storyboard', 'image_prompt')),
    prompt text NOT NULL,
    pieces integer NOT NULL CHECK (pieces BETWEEN 1 AND 12),
    provider text NOT NULL,
    worker text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    cancelled_at timestamptz,
    finished_at timestamptz
)
"""
JOBS_BY_OWNER = "CREATE INDEX jobs_owner ON jobs (owner_id, created_at DESC)"
PIECES = """
CREATE TABLE job_pieces (
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    text text NOT NULL,
    worker text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, number)
)
"""


def upgrade() -> None:
    """Make the tables, those of the queue too."""
    seaway_jobs.install(op.get_bind())
    for statement in (JOBS, JOBS_BY_OWNER, PIECES):
        op.execute(statement)


def downgrade() -> None:
    """Drop our tables and everything in them; the queue's stay, others may use them."""
    for table in ("job_pieces", "jobs"):
        op.execute(f"DROP TABLE {table}")
