"""Users, their provider keys, and their files."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

USERS = """
CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE CHECK (email = lower(email)),
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
)
"""
PROVIDER_KEYS = """
CREATE TABLE provider_keys (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    provider text NOT NULL,
    label text NOT NULL,
    last_four text NOT NULL CHECK (length(last_four) = 4),
    key_id text NOT NULL,
    nonce bytea NOT NULL,
    ciphertext bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, provider)
)
"""
# a rotation of the encryption key looks for what is still under an old one
KEYS_BY_ID = "CREATE INDEX provider_keys_key_id ON provider_keys (key_id)"
FILES = """
CREATE TABLE files (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    part_size integer NOT NULL CHECK (part_size > 0),
    upload_id text NOT NULL DEFAULT '',
    etag text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz
)
"""
FILES_BY_OWNER = "CREATE INDEX files_owner ON files (owner_id, created_at DESC)"
FILE_PARTS = """
CREATE TABLE file_parts (
    file_id uuid NOT NULL REFERENCES files ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    store_etag text NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (file_id, number)
)
"""


def upgrade() -> None:
    """Make the first tables."""
    for statement in (USERS, PROVIDER_KEYS, KEYS_BY_ID, FILES, FILES_BY_OWNER, FILE_PARTS):
        op.execute(statement)


def downgrade() -> None:
    """Drop them, and everything in them."""
    for table in ("file_parts", "files", "provider_keys", "users"):
        op.execute(f"DROP TABLE {table}")
