CREATE TABLE IF NOT EXISTS collections (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  version bigint NOT NULL DEFAULT 0,  -- grows with each change; answers are cached by it
  passages bigint NOT NULL DEFAULT 0,
  terms bigint NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS documents (
  collection int NOT NULL REFERENCES collections,
  id text NOT NULL,
  title text NOT NULL,
  kind text NOT NULL,
  digest bytea NOT NULL,
  passages int NOT NULL,
  changed timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (collection, id)
);
CREATE SEQUENCE IF NOT EXISTS passage_ids;
CREATE TABLE IF NOT EXISTS passages (
  id bigint PRIMARY KEY,
  collection int NOT NULL,
  document text NOT NULL,
  number int NOT NULL,
  heading text NOT NULL,
  text text NOT NULL,
  terms int NOT NULL,
  FOREIGN KEY (collection, document) REFERENCES documents ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS passages_of_document ON passages (collection, document);
CREATE TABLE IF NOT EXISTS terms (
  collection int NOT NULL,
  term text NOT NULL,
  passage bigint NOT NULL REFERENCES passages ON DELETE CASCADE,
  count int NOT NULL,
  PRIMARY KEY (collection, term, passage)
);
CREATE INDEX IF NOT EXISTS terms_of_passage ON terms (passage);
-- Vectors that no passage has: of documents that are being taken in, or have been replaced.
CREATE TABLE IF NOT EXISTS leavings (
  passage bigint PRIMARY KEY,
  kind text NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS turns (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  conversation text NOT NULL,
  question text NOT NULL,
  answer text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS turns_of_conversation ON turns (conversation, id);
CREATE INDEX IF NOT EXISTS turns_by_age ON turns (at);
