-- The tables of SQLite's migration of the same number; what each column holds
-- is said there.

CREATE TABLE account (
  id text PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  role text NOT NULL,
  created_ms bigint NOT NULL,
  ends_ms bigint,
  disabled_ms bigint,
  seen_ms bigint,
  version bigint NOT NULL DEFAULT 1
);

CREATE TABLE identity (
  issuer text NOT NULL,
  subject text NOT NULL,
  account_id text NOT NULL REFERENCES account (id),
  created_ms bigint NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX identity_by_account ON identity (account_id);

CREATE TABLE passkey (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES account (id),
  name text NOT NULL,
  credential text NOT NULL,
  created_ms bigint NOT NULL,
  used_ms bigint
);
CREATE INDEX passkey_by_account ON passkey (account_id);

CREATE TABLE console_session (
  token_sha256 bytea PRIMARY KEY,
  id text NOT NULL UNIQUE,
  account_id text NOT NULL REFERENCES account (id),
  way text NOT NULL,
  created_ms bigint NOT NULL,
  seen_ms bigint NOT NULL,
  expires_ms bigint NOT NULL,
  agent text NOT NULL,
  address text NOT NULL
);
CREATE INDEX console_session_by_account ON console_session (account_id);

CREATE TABLE sign_in_link (
  secret_sha256 bytea PRIMARY KEY,
  account_id text,
  kind text NOT NULL,
  browser_sha256 bytea,
  created_ms bigint NOT NULL,
  expires_ms bigint NOT NULL,
  used_ms bigint
);
CREATE INDEX sign_in_link_by_account ON sign_in_link (account_id);

CREATE TABLE sign_in_attempt (
  secret_sha256 bytea PRIMARY KEY,
  kind text NOT NULL,
  data text NOT NULL,
  expires_ms bigint NOT NULL
);

CREATE TABLE sign_in_failure (
  what text NOT NULL,
  from_ms bigint NOT NULL,
  failures bigint NOT NULL,
  PRIMARY KEY (what, from_ms)
);

CREATE TABLE api_token (
  id text PRIMARY KEY,
  secret_sha256 bytea NOT NULL,
  account_id text NOT NULL REFERENCES account (id),
  name text NOT NULL,
  scopes text NOT NULL,
  created_ms bigint NOT NULL,
  expires_ms bigint NOT NULL,
  used_ms bigint,
  revoked_ms bigint
);
CREATE INDEX api_token_by_account ON api_token (account_id);

CREATE TABLE idempotency (
  actor text NOT NULL,
  key text NOT NULL,
  request_sha256 bytea NOT NULL,
  status bigint,
  body text NOT NULL,
  created_ms bigint NOT NULL,
  PRIMARY KEY (actor, key)
);

CREATE TABLE audit (
  position bigint PRIMARY KEY,
  at_ms bigint NOT NULL,
  actor_kind text NOT NULL,
  actor text NOT NULL,
  actor_name text NOT NULL,
  action text NOT NULL,
  object_kind text NOT NULL,
  object text NOT NULL,
  object_name text NOT NULL,
  detail text NOT NULL,
  request text NOT NULL,
  address text NOT NULL
);
CREATE INDEX audit_by_actor ON audit (actor, position);
CREATE INDEX audit_by_object ON audit (object, position);
CREATE INDEX audit_by_action ON audit (action, position);
