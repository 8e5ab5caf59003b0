-- What is told to others: changes of findings in the order in which they
-- became visible, and the webhooks that they are sent to.

CREATE TABLE stream_event (       -- entries of the audit log are told from there
  log_size INTEGER NOT NULL,      -- of the log, after the transaction
  number INTEGER NOT NULL,        -- among those of that size, from 1
  device_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,         -- when it became true
  data TEXT NOT NULL,             -- JSON
  PRIMARY KEY (log_size, number)
) WITHOUT ROWID;

CREATE TABLE webhook (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  format TEXT NOT NULL,           -- muster, ocsf
  findings INTEGER NOT NULL,      -- whether changes of findings are sent
  audit INTEGER NOT NULL,         -- whether entries of the audit log are sent
  state TEXT NOT NULL,            -- active, paused, disabled
  reason TEXT NOT NULL,           -- why it is disabled
  generation INTEGER NOT NULL,    -- of its secret, which is not here
  rotated_until_ms INTEGER NOT NULL,  -- the secret before holds until then
  created_ms INTEGER NOT NULL,
  log_size INTEGER NOT NULL,      -- everything up to here was delivered
  number INTEGER NOT NULL,
  end_log_size INTEGER,           -- end of the message that is on its way
  end_number INTEGER,
  attempts INTEGER NOT NULL,      -- of that message
  failing_since_ms INTEGER,
  next_ms INTEGER NOT NULL,       -- no attempt before
  deliveries INTEGER NOT NULL     -- number of the newest row below
) WITHOUT ROWID;

CREATE TABLE webhook_delivery (   -- the newest hundred of each
  webhook_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  message TEXT NOT NULL,
  from_log_size INTEGER NOT NULL, -- events after this
  from_number INTEGER NOT NULL,
  end_log_size INTEGER NOT NULL,  -- up to this
  end_number INTEGER NOT NULL,
  events INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  status INTEGER,                 -- of HTTP
  detail TEXT NOT NULL,
  took_ms INTEGER NOT NULL,
  PRIMARY KEY (webhook_id, number)
) WITHOUT ROWID;
