-- The tamper-evident log (RFC 6962). Entries are only ever added.

CREATE TABLE log_head (           -- one row; locked by whoever appends
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  roots BLOB NOT NULL             -- of the perfect subtrees, the largest first
);
INSERT INTO log_head (id, size, roots) VALUES (1, 0, x'');

CREATE TABLE log_entry (
  position INTEGER PRIMARY KEY,   -- counted from 0
  entry TEXT NOT NULL,            -- the text whose hash is the leaf
  hash BLOB NOT NULL              -- of the leaf
);

CREATE TABLE log_node (           -- roots of full tiles: what else would cost 255 hashes
  height INTEGER NOT NULL,        -- 8, 16, 24, ...
  position INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (height, position)
) WITHOUT ROWID;

-- Where a statement stands in the log; empty for those from before the log.
ALTER TABLE statement ADD COLUMN log_position INTEGER;

-- Who may do work that only one replica does. The token rises with each
-- holder; whoever writes for the work shows it in the same transaction.
CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  token INTEGER NOT NULL,
  until_ms INTEGER NOT NULL
) WITHOUT ROWID;
