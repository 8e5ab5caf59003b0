-- What is told to others; what each column holds is said in SQLite's migration
-- of the same number.

CREATE TABLE stream_event (
  log_size bigint NOT NULL,
  number bigint NOT NULL,
  device_id text NOT NULL,
  at_ms bigint NOT NULL,
  data text NOT NULL,
  PRIMARY KEY (log_size, number)
);

CREATE TABLE webhook (
  id text PRIMARY KEY,
  name text NOT NULL,
  url text NOT NULL,
  format text NOT NULL,
  findings bigint NOT NULL,
  audit bigint NOT NULL,
  state text NOT NULL,
  reason text NOT NULL,
  generation bigint NOT NULL,
  rotated_until_ms bigint NOT NULL,
  created_ms bigint NOT NULL,
  log_size bigint NOT NULL,
  number bigint NOT NULL,
  end_log_size bigint,
  end_number bigint,
  attempts bigint NOT NULL,
  failing_since_ms bigint,
  next_ms bigint NOT NULL,
  deliveries bigint NOT NULL
);

CREATE TABLE webhook_delivery (
  webhook_id text NOT NULL,
  number bigint NOT NULL,
  at_ms bigint NOT NULL,
  message text NOT NULL,
  from_log_size bigint NOT NULL,
  from_number bigint NOT NULL,
  end_log_size bigint NOT NULL,
  end_number bigint NOT NULL,
  events bigint NOT NULL,
  delivered bigint NOT NULL,
  status bigint,
  detail text NOT NULL,
  took_ms bigint NOT NULL,
  PRIMARY KEY (webhook_id, number)
);
