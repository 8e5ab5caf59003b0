-- The population: people, who held which Mac and when, which Macs the company
-- says that it has, and the checklists of those who come and go. Days are
-- texts such as 2026-08-23; they belong to a calendar, not to a moment.

ALTER TABLE person ADD COLUMN source TEXT NOT NULL DEFAULT 'invitation'; -- csv, api, scim, console
ALTER TABLE person ADD COLUMN user_name TEXT;       -- of SCIM; the mail address where there is none
ALTER TABLE person ADD COLUMN external_id TEXT;     -- of SCIM
ALTER TABLE person ADD COLUMN department TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN first_day TEXT;
ALTER TABLE person ADD COLUMN last_day TEXT;
ALTER TABLE person ADD COLUMN away_until TEXT;      -- the last day of an absence
ALTER TABLE person ADD COLUMN ended_ms INTEGER;     -- since when somebody or a directory ended it
ALTER TABLE person ADD COLUMN removed_ms INTEGER;   -- since when a directory does not know the person any more
ALTER TABLE person ADD COLUMN changed_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX person_by_user_name ON person(user_name) WHERE user_name IS NOT NULL;
CREATE INDEX person_by_external_id ON person(external_id) WHERE external_id IS NOT NULL;

CREATE TABLE holding (            -- who held a device, and when
  device_id TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  until_ms INTEGER,               -- empty for the present one
  person_id TEXT NOT NULL REFERENCES person(id),
  PRIMARY KEY (device_id, from_ms)
) WITHOUT ROWID;
CREATE INDEX holding_by_person ON holding(person_id, from_ms);
INSERT INTO holding (device_id, from_ms, person_id)
  SELECT id, enrolled_ms, person_id FROM device WHERE person_id IS NOT NULL;

CREATE TABLE device_label (
  device_id TEXT NOT NULL,
  label TEXT NOT NULL,            -- as people wrote it
  PRIMARY KEY (device_id, label)
) WITHOUT ROWID;
CREATE INDEX device_label_by_label ON device_label(label, device_id);

CREATE TABLE device_note (
  device_id TEXT NOT NULL,
  id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  author TEXT NOT NULL,           -- id of the account
  author_name TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (device_id, id)
) WITHOUT ROWID;

CREATE TABLE waiver (             -- an accepted exception
  id TEXT PRIMARY KEY,
  device_id TEXT NOT NULL,
  rule TEXT NOT NULL,
  reason TEXT NOT NULL,
  approver TEXT NOT NULL,         -- id of the account
  approver_name TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  ended_ms INTEGER                -- when a person ended it before
) WITHOUT ROWID;
CREATE INDEX waiver_by_device ON waiver(device_id, rule);
CREATE INDEX waiver_by_expiry ON waiver(expires_ms) WHERE ended_ms IS NULL;

CREATE TABLE saved_view (         -- a list's address, kept under a name
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  shared INTEGER NOT NULL,        -- 1: everybody sees it
  created_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX saved_view_by_account ON saved_view(account_id);

CREATE TABLE expected_device (    -- a Mac that the company says it has
  serial TEXT PRIMARY KEY,        -- in capital letters
  state TEXT NOT NULL,            -- in_use, spare, lost, retired, not_covered
  reason TEXT NOT NULL,           -- why it is not covered
  owner_name TEXT NOT NULL,       -- as the import says
  owner_email TEXT NOT NULL,      -- in small letters
  model TEXT NOT NULL,
  asset_tag TEXT NOT NULL,
  source TEXT NOT NULL,           -- csv, apple, jamf, kandji, intune, api, console
  added_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE INDEX expected_device_by_state ON expected_device(state, serial);
CREATE INDEX expected_device_by_owner ON expected_device(owner_email);
CREATE INDEX device_by_claim ON device(serial, lifecycle); -- asked for each expected one

CREATE TABLE fleet_token (        -- admits Macs that an MDM gives it to
  id TEXT PRIMARY KEY,            -- first half of the secret's digest
  secret_sha256 BLOB NOT NULL,
  name TEXT NOT NULL,
  quota INTEGER NOT NULL,         -- most Macs
  used INTEGER NOT NULL DEFAULT 0,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  revoked_ms INTEGER
) WITHOUT ROWID;
-- The token with which a device came, when it was no invitation.
ALTER TABLE device ADD COLUMN fleet_token_id TEXT;

CREATE TABLE refused_report (     -- what a revoked key still sent
  device_id TEXT PRIMARY KEY,
  attempts INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE checklist_template (
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL,             -- onboarding, offboarding, yearly
  title TEXT NOT NULL,
  source TEXT NOT NULL,           -- TOML: its tasks
  created_ms INTEGER NOT NULL,
  author TEXT NOT NULL,
  PRIMARY KEY (id, version)
) WITHOUT ROWID;

CREATE TABLE checklist (
  id TEXT PRIMARY KEY,
  template_id TEXT NOT NULL,
  template_version INTEGER NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  person_id TEXT NOT NULL REFERENCES person(id),
  day TEXT NOT NULL,              -- first or last day, from which due days count
  state TEXT NOT NULL,            -- open, completed, cancelled
  started_ms INTEGER NOT NULL,
  ended_ms INTEGER,
  record TEXT,                    -- what was signed at its completion
  position INTEGER,               -- of that in the log
  version INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE INDEX checklist_by_person ON checklist(person_id);
CREATE INDEX checklist_by_state ON checklist(state, day);

CREATE TABLE checklist_task (
  checklist_id TEXT NOT NULL REFERENCES checklist(id),
  task TEXT NOT NULL,             -- its id in the template
  number INTEGER NOT NULL,        -- its place
  source TEXT NOT NULL,           -- JSON: the task as the template had it
  owner TEXT NOT NULL,            -- it, person, or the id of an account
  due TEXT NOT NULL,              -- a day
  closes TEXT NOT NULL,           -- by what, such as confirmation, rules_passing
  state TEXT NOT NULL,            -- open, closed, overridden
  closed_ms INTEGER,
  closed_by TEXT NOT NULL,        -- name, or `the collector`
  detail TEXT NOT NULL,           -- what closed it, or why it is open again
  fact TEXT NOT NULL,             -- JSON: what was true when it closed
  PRIMARY KEY (checklist_id, task)
) WITHOUT ROWID;
CREATE INDEX checklist_task_open ON checklist_task(due, checklist_id) WHERE state = 'open';

CREATE TABLE checklist_event (
  checklist_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  task TEXT NOT NULL,             -- empty when it is about the whole
  kind TEXT NOT NULL,             -- closed, reopened, overridden, acknowledged, evidence, ...
  actor TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (checklist_id, number)
) WITHOUT ROWID;

CREATE TABLE checklist_evidence (
  checklist_id TEXT NOT NULL,
  task TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,             -- file, note, link, acknowledgement
  at_ms INTEGER NOT NULL,
  author TEXT NOT NULL,
  name TEXT NOT NULL,             -- of a file
  media_type TEXT NOT NULL,
  text TEXT NOT NULL,             -- note, address, or what was acknowledged
  bytes BLOB,
  sha256 TEXT NOT NULL,           -- of the bytes or the text
  PRIMARY KEY (checklist_id, task, id)
) WITHOUT ROWID;

-- Lists of a large fleet: every count by columns in the index's own order, what
-- fails now with since when, and whose holder has left.
CREATE INDEX device_counts ON device(
  lifecycle, status, os_version, model, key_protection, person_id, serial
);
CREATE INDEX finding_failing ON finding(
  rule, device_id, status, mode, until_ms, episode_ms, from_ms
) WHERE until_ms IS NULL AND status = 'fail';
CREATE INDEX person_left ON person(id) WHERE ended_ms IS NOT NULL;
