-- Releases of the agent, what the agent of a Mac is, and how it went.

CREATE TABLE agent_release (      -- releases that a replica found in its folder
  version TEXT PRIMARY KEY,
  seen_ms INTEGER NOT NULL         -- for the first time
) WITHOUT ROWID;

ALTER TABLE device ADD COLUMN agent_sha256 TEXT;  -- of its program, as the agent says
ALTER TABLE device ADD COLUMN agent_build TEXT;   -- known, unknown; empty where no release was known
ALTER TABLE device ADD COLUMN removed_ms INTEGER; -- when the agent said farewell
ALTER TABLE device ADD COLUMN owner_claim TEXT;   -- mail address in the Mac's profile, as the agent says
CREATE INDEX device_by_agent ON device (agent_version, agent_build);

CREATE TABLE farewell (           -- an agent's signed word that it was removed
  device_id TEXT PRIMARY KEY,
  received_ms INTEGER NOT NULL,
  keyid TEXT NOT NULL,
  digest BLOB NOT NULL,           -- over PAE of what was signed
  payload BLOB NOT NULL,
  signature BLOB NOT NULL
) WITHOUT ROWID;
