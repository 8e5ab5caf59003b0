-- The changes of SQLite's migration of the same number; what each column holds
-- is said there.

ALTER TABLE person ADD COLUMN source text NOT NULL DEFAULT 'invitation';
ALTER TABLE person ADD COLUMN user_name text;
ALTER TABLE person ADD COLUMN external_id text;
ALTER TABLE person ADD COLUMN department text NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN first_day text;
ALTER TABLE person ADD COLUMN last_day text;
ALTER TABLE person ADD COLUMN away_until text;
ALTER TABLE person ADD COLUMN ended_ms bigint;
ALTER TABLE person ADD COLUMN removed_ms bigint;
ALTER TABLE person ADD COLUMN changed_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN version bigint NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX person_by_user_name ON person (user_name) WHERE user_name IS NOT NULL;
CREATE INDEX person_by_external_id ON person (external_id) WHERE external_id IS NOT NULL;

CREATE TABLE holding (
  device_id text NOT NULL,
  from_ms bigint NOT NULL,
  until_ms bigint,
  person_id text NOT NULL REFERENCES person (id),
  PRIMARY KEY (device_id, from_ms)
);
CREATE INDEX holding_by_person ON holding (person_id, from_ms);
INSERT INTO holding (device_id, from_ms, person_id)
  SELECT id, enrolled_ms, person_id FROM device WHERE person_id IS NOT NULL;

CREATE TABLE device_label (
  device_id text NOT NULL,
  label text NOT NULL,
  PRIMARY KEY (device_id, label)
);
CREATE INDEX device_label_by_label ON device_label (label, device_id);

CREATE TABLE device_note (
  device_id text NOT NULL,
  id text NOT NULL,
  at_ms bigint NOT NULL,
  author text NOT NULL,
  author_name text NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (device_id, id)
);

CREATE TABLE waiver (
  id text PRIMARY KEY,
  device_id text NOT NULL,
  rule text NOT NULL,
  reason text NOT NULL,
  approver text NOT NULL,
  approver_name text NOT NULL,
  from_ms bigint NOT NULL,
  expires_ms bigint NOT NULL,
  ended_ms bigint
);
CREATE INDEX waiver_by_device ON waiver (device_id, rule);
CREATE INDEX waiver_by_expiry ON waiver (expires_ms) WHERE ended_ms IS NULL;

CREATE TABLE saved_view (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES account (id),
  name text NOT NULL,
  query text NOT NULL,
  shared bigint NOT NULL,
  created_ms bigint NOT NULL
);
CREATE INDEX saved_view_by_account ON saved_view (account_id);

CREATE TABLE expected_device (
  serial text PRIMARY KEY,
  state text NOT NULL,
  reason text NOT NULL,
  owner_name text NOT NULL,
  owner_email text NOT NULL,
  model text NOT NULL,
  asset_tag text NOT NULL,
  source text NOT NULL,
  added_ms bigint NOT NULL,
  changed_ms bigint NOT NULL,
  version bigint NOT NULL DEFAULT 1
);
CREATE INDEX expected_device_by_state ON expected_device (state, serial);
CREATE INDEX expected_device_by_owner ON expected_device (owner_email);
CREATE INDEX device_by_claim ON device (serial, lifecycle);

CREATE TABLE fleet_token (
  id text PRIMARY KEY,
  secret_sha256 bytea NOT NULL,
  name text NOT NULL,
  quota bigint NOT NULL,
  used bigint NOT NULL DEFAULT 0,
  created_ms bigint NOT NULL,
  expires_ms bigint NOT NULL,
  revoked_ms bigint
);

ALTER TABLE device ADD COLUMN fleet_token_id text;

CREATE TABLE refused_report (
  device_id text PRIMARY KEY,
  attempts bigint NOT NULL,
  first_ms bigint NOT NULL,
  last_ms bigint NOT NULL
);

CREATE TABLE checklist_template (
  id text NOT NULL,
  version bigint NOT NULL,
  kind text NOT NULL,
  title text NOT NULL,
  source text NOT NULL,
  created_ms bigint NOT NULL,
  author text NOT NULL,
  PRIMARY KEY (id, version)
);

CREATE TABLE checklist (
  id text PRIMARY KEY,
  template_id text NOT NULL,
  template_version bigint NOT NULL,
  kind text NOT NULL,
  title text NOT NULL,
  person_id text NOT NULL REFERENCES person (id),
  day text NOT NULL,
  state text NOT NULL,
  started_ms bigint NOT NULL,
  ended_ms bigint,
  record text,
  position bigint,
  version bigint NOT NULL DEFAULT 1
);
CREATE INDEX checklist_by_person ON checklist (person_id);
CREATE INDEX checklist_by_state ON checklist (state, day);

CREATE TABLE checklist_task (
  checklist_id text NOT NULL REFERENCES checklist (id),
  task text NOT NULL,
  number bigint NOT NULL,
  source text NOT NULL,
  owner text NOT NULL,
  due text NOT NULL,
  closes text NOT NULL,
  state text NOT NULL,
  closed_ms bigint,
  closed_by text NOT NULL,
  detail text NOT NULL,
  fact text NOT NULL,
  PRIMARY KEY (checklist_id, task)
);
CREATE INDEX checklist_task_open ON checklist_task (due, checklist_id) WHERE state = 'open';

CREATE TABLE checklist_event (
  checklist_id text NOT NULL,
  number bigint NOT NULL,
  at_ms bigint NOT NULL,
  task text NOT NULL,
  kind text NOT NULL,
  actor text NOT NULL,
  detail text NOT NULL,
  PRIMARY KEY (checklist_id, number)
);

CREATE TABLE checklist_evidence (
  checklist_id text NOT NULL,
  task text NOT NULL,
  id text NOT NULL,
  kind text NOT NULL,
  at_ms bigint NOT NULL,
  author text NOT NULL,
  name text NOT NULL,
  media_type text NOT NULL,
  text text NOT NULL,
  bytes bytea,
  sha256 text NOT NULL,
  PRIMARY KEY (checklist_id, task, id)
);

-- Lists of a large fleet: every count by columns in the index's own order, what
-- fails now with since when, and whose holder has left.
CREATE INDEX device_counts ON device (
  lifecycle, status, os_version, model, key_protection, person_id, serial
);
CREATE INDEX finding_failing ON finding (
  rule, device_id, status, mode, until_ms, episode_ms, from_ms
) WHERE until_ms IS NULL AND status = 'fail';
CREATE INDEX person_left ON person (id) WHERE ended_ms IS NOT NULL;
