-- What the pages of a large fleet are read by. Nothing here changes with a
-- report that says nothing new.

CREATE INDEX device_list ON device (
  lifecycle, status, status_since_ms, due_ms, failing, person_id, model, serial, os_version,
  key_protection
);
CREATE INDEX device_by_system ON device (os_version, os_build, os_extra, lifecycle, status);
-- Not by `received_ms`: a column that an index names costs every index a new
-- entry whenever it changes, and this one changes with every report.
ALTER TABLE device ADD COLUMN never_reported boolean
  GENERATED ALWAYS AS (received_ms IS NULL) STORED;
CREATE INDEX device_never_reported ON device (id) WHERE never_reported;
CREATE INDEX event_by_time ON event (at_ms);
CREATE INDEX finding_open ON finding (device_id, status) WHERE until_ms IS NULL;
