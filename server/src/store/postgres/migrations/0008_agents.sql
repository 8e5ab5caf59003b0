-- Releases of the agent, what the agent of a Mac is, and how it went.

CREATE TABLE agent_release (      -- releases that a replica found in its folder
  version text PRIMARY KEY,
  seen_ms bigint NOT NULL         -- for the first time
);

ALTER TABLE device ADD COLUMN agent_sha256 text;  -- of its program, as the agent says
ALTER TABLE device ADD COLUMN agent_build text;   -- known, unknown; empty where no release was known
ALTER TABLE device ADD COLUMN removed_ms bigint; -- when the agent said farewell
ALTER TABLE device ADD COLUMN owner_claim text;   -- mail address in the Mac's profile, as the agent says
CREATE INDEX device_by_agent ON device (agent_version, agent_build);

CREATE TABLE farewell (           -- an agent's signed word that it was removed
  device_id text PRIMARY KEY,
  received_ms bigint NOT NULL,
  keyid text NOT NULL,
  digest bytea NOT NULL,           -- over PAE of what was signed
  payload bytea NOT NULL,
  signature bytea NOT NULL
);
