-- Who may use the console and the API, how they prove it, and what they did.
-- `login_link` and `session` of the first schema are no longer used; a later
-- version drops them, when no collector of an older one can be running.

CREATE TABLE account (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,     -- in small letters
  name TEXT NOT NULL,
  role TEXT NOT NULL,             -- administrator, it, auditor, viewer, employee
  created_ms INTEGER NOT NULL,
  ends_ms INTEGER,                -- access ends by itself
  disabled_ms INTEGER,            -- since when somebody ended it
  seen_ms INTEGER,                -- newest sign-in
  version INTEGER NOT NULL DEFAULT 1    -- raised by every change that a person makes
) WITHOUT ROWID;

CREATE TABLE identity (           -- somebody at an identity provider
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES account(id),
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;
CREATE INDEX identity_by_account ON identity(account_id);

CREATE TABLE passkey (
  id TEXT PRIMARY KEY,            -- of the credential, base64url
  account_id TEXT NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  credential TEXT NOT NULL,       -- JSON: public key and counter
  created_ms INTEGER NOT NULL,
  used_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX passkey_by_account ON passkey(account_id);

CREATE TABLE console_session (
  token_sha256 BLOB PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,        -- by which it is shown and ended
  account_id TEXT NOT NULL REFERENCES account(id),
  way TEXT NOT NULL,              -- link, mail, passkey, openid:NAME
  created_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL,       -- newest use, to the minute
  expires_ms INTEGER NOT NULL,    -- whatever happens in it
  agent TEXT NOT NULL,            -- the browser, as it calls itself
  address TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX console_session_by_account ON console_session(account_id);

CREATE TABLE sign_in_link (
  secret_sha256 BLOB PRIMARY KEY,
  account_id TEXT,                -- empty: it makes the first administrator
  kind TEXT NOT NULL,             -- setup, command, invitation, mail
  browser_sha256 BLOB,            -- of the cookie of the browser that asked
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  used_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX sign_in_link_by_account ON sign_in_link(account_id);

CREATE TABLE sign_in_attempt (    -- begun, and not yet answered
  secret_sha256 BLOB PRIMARY KEY, -- of the browser's cookie
  kind TEXT NOT NULL,
  data TEXT NOT NULL,             -- JSON
  expires_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sign_in_failure (    -- counted here, so that replicas agree
  what TEXT NOT NULL,             -- an address or an account
  from_ms INTEGER NOT NULL,       -- begin of the window
  failures INTEGER NOT NULL,
  PRIMARY KEY (what, from_ms)
) WITHOUT ROWID;

CREATE TABLE api_token (
  id TEXT PRIMARY KEY,
  secret_sha256 BLOB NOT NULL,
  account_id TEXT NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,           -- words with a space between
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  used_ms INTEGER,                -- to the minute
  revoked_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX api_token_by_account ON api_token(account_id);

CREATE TABLE idempotency (        -- answers to give again
  actor TEXT NOT NULL,
  key TEXT NOT NULL,
  request_sha256 BLOB NOT NULL,
  status INTEGER,                 -- empty while the first one is at work
  body TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (actor, key)
) WITHOUT ROWID;

CREATE TABLE audit (              -- what people did; each row is an entry of the log, too
  position INTEGER PRIMARY KEY,   -- of the entry
  at_ms INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,       -- account, token, command, collector, nobody
  actor TEXT NOT NULL,            -- id of the account
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  object_kind TEXT NOT NULL,
  object TEXT NOT NULL,
  object_name TEXT NOT NULL,
  detail TEXT NOT NULL,           -- one sentence
  request TEXT NOT NULL,          -- its id
  address TEXT NOT NULL
);
CREATE INDEX audit_by_actor ON audit(actor, position);
CREATE INDEX audit_by_object ON audit(object, position);
CREATE INDEX audit_by_action ON audit(action, position);
