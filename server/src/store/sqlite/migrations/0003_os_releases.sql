-- Fetching the catalogue of releases, and the signed rules for agents.

-- Where a catalogue came from: an address, or the name of an imported file.
ALTER TABLE os_releases ADD COLUMN origin TEXT NOT NULL DEFAULT '';

-- What fetching has come to: one row. Whoever fetches takes `busy_until_ms`
-- and counts `attempt` up; only the newest attempt may write its result.
CREATE TABLE os_feed (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  attempt INTEGER NOT NULL DEFAULT 0,
  busy_until_ms INTEGER NOT NULL DEFAULT 0,
  url TEXT NOT NULL DEFAULT '',   -- that the tags belong to
  etag TEXT,
  modified TEXT,                  -- Last-Modified
  corrections_sha256 TEXT NOT NULL DEFAULT '',  -- merged into what was taken
  dates_itself INTEGER NOT NULL DEFAULT 1,      -- the feed says how old it is
  attempted_ms INTEGER,
  outcome TEXT,                   -- changed, same, failed
  detail TEXT NOT NULL DEFAULT '',
  answered_ms INTEGER,            -- newest attempt that did not fail
  failures INTEGER NOT NULL DEFAULT 0,          -- in a row
  next_ms INTEGER NOT NULL DEFAULT 0,           -- no regular attempt before
  wanted TEXT,                    -- a system that a Mac runs and nobody knows
  asked_for TEXT                  -- what was wanted at the newest attempt
);

-- Every signed document that agents were given.
CREATE TABLE issued_policy (
  issued_ms INTEGER PRIMARY KEY,
  signer TEXT NOT NULL,           -- key and CA
  policy_sha256 TEXT NOT NULL,
  catalogue_sha256 TEXT NOT NULL,
  not_after_ms INTEGER NOT NULL,  -- of the certificate
  document TEXT NOT NULL          -- the answer, byte for byte
);
CREATE INDEX issued_policy_by_catalogue ON issued_policy(catalogue_sha256, issued_ms);
