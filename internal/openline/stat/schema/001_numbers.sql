CREATE TABLE openline_answer (
  id {{id}},
  session_id BIGINT NOT NULL,
  line_id BIGINT NOT NULL,
  connector TEXT NOT NULL,
  operator_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  took BIGINT NOT NULL,
  first BIGINT NOT NULL,
  wanted BIGINT NOT NULL
);
CREATE INDEX openline_answer_at ON openline_answer (at);
CREATE INDEX openline_answer_operator ON openline_answer (operator_id, at);
CREATE INDEX openline_session_given ON openline_session (operator_id, created);

CREATE TABLE openline_load (
  hour BIGINT NOT NULL,
  operator_id BIGINT NOT NULL,
  line_id BIGINT NOT NULL,
  connector TEXT NOT NULL,
  busy BIGINT NOT NULL,
  peak BIGINT NOT NULL,
  PRIMARY KEY (hour, operator_id, line_id, connector)
);
CREATE INDEX openline_load_operator ON openline_load (operator_id, hour);

CREATE TABLE openline_hour (
  hour BIGINT NOT NULL,
  line_id BIGINT NOT NULL,
  connector TEXT NOT NULL,
  began BIGINT NOT NULL,
  answered BIGINT NOT NULL,
  missed BIGINT NOT NULL,
  busy BIGINT NOT NULL,
  PRIMARY KEY (hour, line_id, connector)
);

CREATE TABLE openline_stale (
  id {{id}},
  day BIGINT NOT NULL
);
CREATE INDEX openline_stale_day ON openline_stale (day);

CREATE TABLE openline_mark (
  name TEXT PRIMARY KEY,
  at BIGINT NOT NULL
);
