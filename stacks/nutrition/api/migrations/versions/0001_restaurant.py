"""Users, dishes, preferences, photos, orders and payments; vectors and how they are searched.

Source of everything about vectors: requirements, part 2.0, data model.
"""

import seaway_jobs
import sqlalchemy
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DIMENSIONS = 1536

USERS = """
CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE CHECK (email = lower(email)),
    password_hash text NOT NULL,
    role text NOT NULL DEFAULT 'guest' CHECK (role IN ('guest', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now()
)
"""
DISHES = """
CREATE TABLE dishes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    name_en text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    category text NOT NULL DEFAULT '',
    price_fen integer NOT NULL CHECK (price_fen > 0),
    kcal double precision NOT NULL CHECK (kcal >= 0),
    protein_g double precision NOT NULL CHECK (protein_g >= 0),
    fat_g double precision NOT NULL CHECK (fat_g >= 0),
    carbs_g double precision NOT NULL CHECK (carbs_g >= 0),
    sodium_mg double precision NOT NULL CHECK (sodium_mg >= 0),
    allergens text[] NOT NULL DEFAULT '{}',
    picture text NOT NULL DEFAULT '',
    available boolean NOT NULL DEFAULT true,
    revision integer NOT NULL DEFAULT 1,
    embedded_revision integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
)
"""
DISHES_BY_NAME = "CREATE INDEX dishes_name ON dishes USING gin (name gin_trgm_ops)"
PREFERENCES = """
CREATE TABLE user_preferences (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    likes text NOT NULL DEFAULT '',
    avoids text[] NOT NULL DEFAULT '{}',
    kcal_goal integer CHECK (kcal_goal > 0),
    revision integer NOT NULL DEFAULT 1,
    embedded_revision integer NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
)
"""
PHOTOS = """
CREATE TABLE photos (
    id text PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    format text NOT NULL,
    recognition jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    delete_after timestamptz NOT NULL
)
"""
PHOTOS_BY_USER = "CREATE INDEX photos_user ON photos (user_id, created_at DESC)"
PHOTOS_BY_END = "CREATE INDEX photos_delete_after ON photos (delete_after)"
ORDERS = """
CREATE TABLE orders (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'new'
        CHECK (state IN ('new', 'paid', 'cooking', 'ready', 'done', 'cancelled')),
    phone text NOT NULL,
    total_fen integer NOT NULL CHECK (total_fen > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
)
"""
ORDERS_BY_USER = "CREATE INDEX orders_user ON orders (user_id, created_at DESC)"
ORDERS_BY_TIME = "CREATE INDEX orders_created ON orders (created_at DESC)"
ITEMS = """
CREATE TABLE order_items (
    order_id uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    position integer NOT NULL CHECK (position > 0),
    dish_id uuid REFERENCES dishes ON DELETE SET NULL,
    name text NOT NULL,
    price_fen integer NOT NULL CHECK (price_fen > 0),
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    PRIMARY KEY (order_id, position)
)
"""
PAYMENTS = """
CREATE TABLE payments (
    order_id uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    provider text NOT NULL CHECK (provider IN ('wechat', 'alipay')),
    number text NOT NULL UNIQUE,
    amount_fen integer NOT NULL CHECK (amount_fen > 0),
    code_url text NOT NULL,
    transaction_id text UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    paid_at timestamptz,
    PRIMARY KEY (order_id, provider)
)
"""

# What the vector service keeps. Where it was here first, all of it is there already.
EMBEDDINGS = f"""
CREATE TABLE vector_embeddings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    entity_type varchar(50) NOT NULL,
    entity_id varchar(255) NOT NULL,
    embedding vector({DIMENSIONS}) NOT NULL,
    metadata jsonb DEFAULT '{{}}',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    UNIQUE (entity_type, entity_id)
)
"""
EMBEDDING_INDEXES = (
    """CREATE INDEX vector_embeddings_embedding ON vector_embeddings
        USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)""",
    "CREATE INDEX vector_embeddings_created ON vector_embeddings (created_at DESC)",
)
COLUMNS = (
    f"ALTER TABLE dishes ADD COLUMN nutrition_embedding vector({DIMENSIONS})",
    f"ALTER TABLE user_preferences ADD COLUMN preference_embedding vector({DIMENSIONS})",
)
PARTIAL = """
CREATE INDEX {table}_{column} ON {table} USING hnsw ({column} vector_cosine_ops)
    WITH (m = 16, ef_construction = 64) WHERE {column} IS NOT NULL
"""
PARTIAL_INDEXES = (
    PARTIAL.format(table="dishes", column="nutrition_embedding"),
    PARTIAL.format(table="user_preferences", column="preference_embedding"),
)
# no value from outside is in it
SIMILAR = f"""
CREATE FUNCTION find_similar_dishes(
    query_embedding vector({DIMENSIONS}),
    similarity_threshold double precision DEFAULT 0.7,
    result_limit integer DEFAULT 10
) RETURNS TABLE (dish_id uuid, name text, similarity double precision)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT dishes.id, dishes.name, 1 - (dishes.nutrition_embedding <=> query_embedding)
    FROM dishes
    WHERE dishes.nutrition_embedding IS NOT NULL
        AND 1 - (dishes.nutrition_embedding <=> query_embedding) > similarity_threshold
    ORDER BY dishes.nutrition_embedding <=> query_embedding
    LIMIT result_limit
$$
"""  # noqa: S608
TOUCH = """
CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END
$$
"""
TOUCHED = """
CREATE TRIGGER vector_embeddings_touched BEFORE UPDATE ON vector_embeddings
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at()
"""
EMBEDDINGS_COMMENT = (
    "COMMENT ON TABLE vector_embeddings IS 'Embeddings of anything, by type and id'"
)
COMMENTS = (
    """COMMENT ON COLUMN dishes.nutrition_embedding IS
        'What the dish is; empty until it is computed'""",
    """COMMENT ON COLUMN user_preferences.preference_embedding IS
        'What the user likes; empty until it is computed'""",
    """COMMENT ON FUNCTION find_similar_dishes IS
        'Dishes whose similarity (1 - cosine distance) is above the threshold, nearest first'""",
)
# Where the database is Seaway's, the application is the role `app` and owns all of it; where
# others run it, it is the role of the documents, and gets rights object by object (R187).
GRANTS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ai_nutrition_user') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON users, dishes, user_preferences, photos, orders,
            order_items, payments, vector_embeddings TO ai_nutrition_user;
        GRANT EXECUTE ON FUNCTION find_similar_dishes TO ai_nutrition_user;
    END IF;
END
$$
"""


def upgrade() -> None:
    """Make all of it, the tables of the queue too."""
    seaway_jobs.install(op.get_bind())
    tables = (USERS, DISHES, DISHES_BY_NAME, PREFERENCES, PHOTOS, PHOTOS_BY_USER, PHOTOS_BY_END)
    orders = (ORDERS, ORDERS_BY_USER, ORDERS_BY_TIME, ITEMS, PAYMENTS)
    embeddings: tuple[str, ...] = (
        EMBEDDINGS,
        *EMBEDDING_INDEXES,
        TOUCH,
        TOUCHED,
        EMBEDDINGS_COMMENT,
    )
    if sqlalchemy.inspect(op.get_bind()).has_table("vector_embeddings"):
        embeddings = ()
    for statement in (
        *tables,
        *orders,
        *embeddings,
        *COLUMNS,
        *PARTIAL_INDEXES,
        SIMILAR,
        *COMMENTS,
        GRANTS,
    ):
        op.execute(statement)


def downgrade() -> None:
    """Drop our tables and everything in them; those of the queue and of vectors stay."""
    op.execute("DROP FUNCTION find_similar_dishes")
    for table in ("payments", "order_items", "orders", "photos", "user_preferences", "dishes",
                  "users"):  # fmt: skip
        op.execute(f"DROP TABLE {table}")
