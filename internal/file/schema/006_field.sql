CREATE TABLE file_field (
  id {{id}},
  entity TEXT NOT NULL,
  entity_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  sum TEXT NOT NULL,
  size BIGINT NOT NULL,
  created BIGINT NOT NULL
);
CREATE INDEX file_field_sum ON file_field (sum);
