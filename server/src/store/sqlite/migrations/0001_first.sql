-- Times are milliseconds since 1970 in UTC; ids are text; digests are bytes.
-- Keys begin with the device, so that a distributed engine can spread them.

CREATE TABLE counter (            -- raised on every change that other processes must notice
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE person (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  created_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE invitation (
  id TEXT PRIMARY KEY,            -- first half of the secret's digest
  secret_sha256 BLOB NOT NULL,
  person_id TEXT NOT NULL REFERENCES person(id),
  serial TEXT,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  used_ms INTEGER,
  keyid TEXT,                     -- the key that used it
  device_id TEXT
) WITHOUT ROWID;

CREATE TABLE device (
  id TEXT PRIMARY KEY,
  person_id TEXT REFERENCES person(id),
  lifecycle TEXT NOT NULL,        -- pending, active, suspended, revoked, archived
  lifecycle_reason TEXT NOT NULL DEFAULT '',
  platform TEXT NOT NULL,
  model TEXT,
  serial TEXT,
  hardware_uuid TEXT,
  recorded INTEGER NOT NULL DEFAULT 0,  -- its reports come from a recording
  key_protection TEXT NOT NULL,
  agent_version TEXT NOT NULL,
  enrolled_ms INTEGER NOT NULL,
  returned_ms INTEGER,            -- first report after seven silent days
  received_ms INTEGER,            -- newest report
  chain INTEGER NOT NULL DEFAULT 0,     -- which key's chain is the newest
  sequence INTEGER NOT NULL DEFAULT 0,  -- newest in that chain
  digest BLOB,
  full_sequence INTEGER NOT NULL DEFAULT 0,
  full_digest BLOB,
  nonce_ms INTEGER NOT NULL DEFAULT 0,  -- issue time of the last nonce used
  readings_sha256 BLOB,           -- of what the newest full report read, times left out
  confirmed_ms INTEGER,           -- until when reports said that the readings hold
  os_version TEXT,
  os_build TEXT,
  os_extra TEXT,
  status TEXT NOT NULL DEFAULT 'unknown',
  status_since_ms INTEGER NOT NULL,
  was TEXT,                       -- status before it went silent
  failing INTEGER NOT NULL DEFAULT 0,   -- required rules that fail
  due_ms INTEGER,                 -- when the first grace ends
  judged_by TEXT NOT NULL DEFAULT '',   -- digests of policy and catalogue
  next_change_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX device_by_next_change ON device(next_change_ms) WHERE next_change_ms IS NOT NULL;
CREATE INDEX device_by_serial ON device(serial);
CREATE INDEX device_by_status ON device(status, status_since_ms);
CREATE INDEX device_by_person ON device(person_id);
CREATE INDEX device_by_rules ON device(judged_by) -- asked every second
  WHERE lifecycle NOT IN ('archived', 'pending');

-- What only a change needs, apart from what every report writes: the wide rows
-- would make those of `device` slow to find.
CREATE TABLE posture (
  device_id TEXT PRIMARY KEY,
  readings TEXT NOT NULL,         -- JSON: latest and last observed reading of each check
  findings TEXT NOT NULL          -- JSON: the present findings, as in table finding
);

CREATE TABLE device_key (
  keyid TEXT PRIMARY KEY,
  device_id TEXT NOT NULL REFERENCES device(id),
  chain INTEGER NOT NULL,
  spki BLOB NOT NULL,
  protection TEXT NOT NULL,
  status TEXT NOT NULL,           -- active, retired, revoked
  created_ms INTEGER NOT NULL,
  version INTEGER NOT NULL        -- value of the counter `keys` at its last change
) WITHOUT ROWID;
CREATE INDEX device_key_by_device ON device_key(device_id);
CREATE INDEX device_key_by_version ON device_key(version);

CREATE TABLE certificate (
  sha256 TEXT PRIMARY KEY,        -- of the DER, hexadecimal
  keyid TEXT NOT NULL REFERENCES device_key(keyid),
  der BLOB NOT NULL,
  not_before_ms INTEGER NOT NULL,
  not_after_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX certificate_by_key ON certificate(keyid);

CREATE TABLE statement (
  device_id TEXT NOT NULL,
  chain INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,   -- by the device's clock
  kind TEXT NOT NULL,             -- full, unchanged
  flags TEXT NOT NULL,            -- words with a space between
  keyid TEXT NOT NULL,
  digest BLOB NOT NULL,           -- SHA-256 over PAE
  previous BLOB NOT NULL,
  payload BLOB NOT NULL,          -- the very bytes that were signed
  signature BLOB NOT NULL
);
CREATE UNIQUE INDEX statement_by_place ON statement(device_id, chain, sequence);

CREATE TABLE equivocation (       -- a second statement with a sequence that was taken
  device_id TEXT NOT NULL,
  chain INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  digest BLOB NOT NULL,
  received_ms INTEGER NOT NULL,
  keyid TEXT NOT NULL,
  payload BLOB NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (device_id, chain, sequence, digest)
) WITHOUT ROWID;

CREATE TABLE enrollment (         -- the signed request of each device
  device_id TEXT PRIMARY KEY,
  received_ms INTEGER NOT NULL,
  keyid TEXT NOT NULL,
  payload BLOB NOT NULL,
  signature BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE finding (            -- an interval in which a rule had one status
  device_id TEXT NOT NULL,
  rule TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  until_ms INTEGER,               -- empty for the present one
  status TEXT NOT NULL,           -- pass, fail, unknown, not_applicable
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  observed TEXT NOT NULL,         -- JSON object
  mode TEXT NOT NULL,
  episode_ms INTEGER,             -- since when it fails, short passes left out
  due_ms INTEGER,                 -- end of grace, for a required fail
  reading_ms INTEGER,             -- of the observation judged
  began TEXT NOT NULL,            -- the reason when the interval began
  PRIMARY KEY (device_id, rule, from_ms)
) WITHOUT ROWID;
CREATE INDEX finding_now ON finding(rule, status) WHERE until_ms IS NULL;

CREATE TABLE status_interval (
  device_id TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  until_ms INTEGER,
  status TEXT NOT NULL,
  PRIMARY KEY (device_id, from_ms)
) WITHOUT ROWID;
CREATE INDEX status_interval_by_time ON status_interval(from_ms);

CREATE TABLE event (              -- what happened to a device beside its reports
  device_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  number INTEGER NOT NULL,        -- orders events of one instant
  kind TEXT NOT NULL,             -- enrolled, approved, suspended, resumed, revoked, conflict
  actor TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (device_id, at_ms, number)
) WITHOUT ROWID;

CREATE TABLE policy (
  sha256 TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  source TEXT NOT NULL,
  active_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE os_releases (
  sha256 TEXT PRIMARY KEY,
  as_of TEXT NOT NULL,
  source TEXT NOT NULL,
  active_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE login_link (
  token_sha256 BLOB PRIMARY KEY,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  used_ms INTEGER
) WITHOUT ROWID;

CREATE TABLE session (
  token_sha256 BLOB PRIMARY KEY,
  created_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
