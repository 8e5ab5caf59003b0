-- Which devices were judged by other rules, asked every second.
CREATE INDEX device_by_rules ON device(judged_by)
  WHERE lifecycle NOT IN ('archived', 'pending');
