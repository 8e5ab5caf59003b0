-- Fetching the catalogue of releases, and the signed rules for agents; what
-- each column holds is said in SQLite's migration of the same number.

ALTER TABLE os_releases ADD COLUMN origin text NOT NULL DEFAULT '';

CREATE TABLE os_feed (
  id bigint PRIMARY KEY CHECK (id = 1),
  attempt bigint NOT NULL DEFAULT 0,
  busy_until_ms bigint NOT NULL DEFAULT 0,
  url text NOT NULL DEFAULT '',
  etag text,
  modified text,
  corrections_sha256 text NOT NULL DEFAULT '',
  dates_itself boolean NOT NULL DEFAULT true,
  attempted_ms bigint,
  outcome text,
  detail text NOT NULL DEFAULT '',
  answered_ms bigint,
  failures bigint NOT NULL DEFAULT 0,
  next_ms bigint NOT NULL DEFAULT 0,
  wanted text,
  asked_for text
);

CREATE TABLE issued_policy (
  issued_ms bigint PRIMARY KEY,
  signer text NOT NULL,
  policy_sha256 text NOT NULL,
  catalogue_sha256 text NOT NULL,
  not_after_ms bigint NOT NULL,
  document text NOT NULL
);
CREATE INDEX issued_policy_by_catalogue ON issued_policy (catalogue_sha256, issued_ms);
