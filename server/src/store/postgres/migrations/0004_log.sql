-- The tamper-evident log (RFC 6962) and leases; what each column holds is said
-- in SQLite's migration of the same number.

CREATE TABLE log_head (
  id bigint PRIMARY KEY CHECK (id = 1),
  size bigint NOT NULL,
  roots bytea NOT NULL
);
INSERT INTO log_head (id, size, roots) VALUES (1, 0, '');

CREATE TABLE log_entry (
  position bigint PRIMARY KEY,
  entry text NOT NULL,
  hash bytea NOT NULL
);

CREATE TABLE log_node (
  height bigint NOT NULL,
  position bigint NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (height, position)
);

ALTER TABLE statement ADD COLUMN log_position bigint;

CREATE TABLE lease (
  name text PRIMARY KEY,
  holder text NOT NULL,
  token bigint NOT NULL,
  until_ms bigint NOT NULL
);
