-- The tables of SQLite's migration of the same number, with the same meaning;
-- what each column holds is said there.

CREATE TABLE counter (
  name text PRIMARY KEY,
  value bigint NOT NULL
);

CREATE TABLE person (
  id text PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL,
  created_ms bigint NOT NULL
);
CREATE UNIQUE INDEX person_by_email ON person (lower(email));

CREATE TABLE invitation (
  id text PRIMARY KEY,
  secret_sha256 bytea NOT NULL,
  person_id text NOT NULL REFERENCES person (id),
  serial text,
  created_ms bigint NOT NULL,
  expires_ms bigint NOT NULL,
  used_ms bigint,
  keyid text,
  device_id text
);

-- Written with every report: room in each page keeps the new row beside the
-- old one, so that no index is touched.
CREATE TABLE device (
  id text PRIMARY KEY,
  person_id text REFERENCES person (id),
  lifecycle text NOT NULL,
  lifecycle_reason text NOT NULL DEFAULT '',
  platform text NOT NULL,
  model text,
  serial text,
  hardware_uuid text,
  recorded boolean NOT NULL DEFAULT false,
  key_protection text NOT NULL,
  agent_version text NOT NULL,
  enrolled_ms bigint NOT NULL,
  returned_ms bigint,
  received_ms bigint,
  chain bigint NOT NULL DEFAULT 0,
  sequence bigint NOT NULL DEFAULT 0,
  digest bytea,
  full_sequence bigint NOT NULL DEFAULT 0,
  full_digest bytea,
  nonce_ms bigint NOT NULL DEFAULT 0,
  readings_sha256 bytea,
  confirmed_ms bigint,
  os_version text,
  os_build text,
  os_extra text,
  status text NOT NULL DEFAULT 'unknown',
  status_since_ms bigint NOT NULL,
  was text,
  failing bigint NOT NULL DEFAULT 0,
  due_ms bigint,
  judged_by text NOT NULL DEFAULT '',
  next_change_ms bigint
) WITH (fillfactor = 70);
CREATE INDEX device_by_next_change ON device (next_change_ms) WHERE next_change_ms IS NOT NULL;
CREATE INDEX device_by_serial ON device (serial);
CREATE INDEX device_by_status ON device (status, status_since_ms);
CREATE INDEX device_by_person ON device (person_id);
CREATE INDEX device_by_rules ON device (judged_by)
  WHERE lifecycle NOT IN ('archived', 'pending');

CREATE TABLE posture (
  device_id text PRIMARY KEY,
  readings text NOT NULL,
  findings text NOT NULL
);

CREATE TABLE device_key (
  keyid text PRIMARY KEY,
  device_id text NOT NULL REFERENCES device (id),
  chain bigint NOT NULL,
  spki bytea NOT NULL,
  protection text NOT NULL,
  status text NOT NULL,
  created_ms bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX device_key_by_device ON device_key (device_id);
CREATE INDEX device_key_by_version ON device_key (version);

CREATE TABLE certificate (
  sha256 text PRIMARY KEY,
  keyid text NOT NULL REFERENCES device_key (keyid),
  der bytea NOT NULL,
  not_before_ms bigint NOT NULL,
  not_after_ms bigint NOT NULL
);
CREATE INDEX certificate_by_key ON certificate (keyid);

CREATE TABLE statement (
  device_id text NOT NULL,
  chain bigint NOT NULL,
  sequence bigint NOT NULL,
  received_ms bigint NOT NULL,
  finished_ms bigint NOT NULL,
  kind text NOT NULL,
  flags text NOT NULL,
  keyid text NOT NULL,
  digest bytea NOT NULL,
  previous bytea NOT NULL,
  payload bytea NOT NULL,
  signature bytea NOT NULL,
  PRIMARY KEY (device_id, chain, sequence)
);

CREATE TABLE equivocation (
  device_id text NOT NULL,
  chain bigint NOT NULL,
  sequence bigint NOT NULL,
  digest bytea NOT NULL,
  received_ms bigint NOT NULL,
  keyid text NOT NULL,
  payload bytea NOT NULL,
  signature bytea NOT NULL,
  PRIMARY KEY (device_id, chain, sequence, digest)
);

CREATE TABLE enrollment (
  device_id text PRIMARY KEY,
  received_ms bigint NOT NULL,
  keyid text NOT NULL,
  payload bytea NOT NULL,
  signature bytea NOT NULL
);

CREATE TABLE finding (
  device_id text NOT NULL,
  rule text NOT NULL,
  from_ms bigint NOT NULL,
  until_ms bigint,
  status text NOT NULL,
  code text NOT NULL,
  reason text NOT NULL,
  observed text NOT NULL,
  mode text NOT NULL,
  episode_ms bigint,
  due_ms bigint,
  reading_ms bigint,
  began text NOT NULL,
  PRIMARY KEY (device_id, rule, from_ms)
);
CREATE INDEX finding_now ON finding (rule, status) WHERE until_ms IS NULL;

CREATE TABLE status_interval (
  device_id text NOT NULL,
  from_ms bigint NOT NULL,
  until_ms bigint,
  status text NOT NULL,
  PRIMARY KEY (device_id, from_ms)
);
CREATE INDEX status_interval_by_time ON status_interval (from_ms);

CREATE TABLE event (
  device_id text NOT NULL,
  at_ms bigint NOT NULL,
  number bigint NOT NULL,
  kind text NOT NULL,
  actor text NOT NULL,
  detail text NOT NULL,
  PRIMARY KEY (device_id, at_ms, number)
);

CREATE TABLE policy (
  sha256 text PRIMARY KEY,
  id text NOT NULL,
  version bigint NOT NULL,
  source text NOT NULL,
  active_ms bigint NOT NULL
);

CREATE TABLE os_releases (
  sha256 text PRIMARY KEY,
  as_of text NOT NULL,
  source text NOT NULL,
  active_ms bigint NOT NULL
);

CREATE TABLE login_link (
  token_sha256 bytea PRIMARY KEY,
  created_ms bigint NOT NULL,
  expires_ms bigint NOT NULL,
  used_ms bigint
);

CREATE TABLE session (
  token_sha256 bytea PRIMARY KEY,
  created_ms bigint NOT NULL,
  seen_ms bigint NOT NULL,
  expires_ms bigint NOT NULL
);
