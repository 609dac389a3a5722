-- An agreement is a row here and its words in agreement_version: what somebody agreed to stays as it was.
CREATE TABLE agreement (
  id {{id}},
  code TEXT NOT NULL,
  active BIGINT NOT NULL,
  version_id BIGINT NOT NULL,
  created BIGINT NOT NULL
);
CREATE UNIQUE INDEX agreement_code ON agreement (code);

CREATE TABLE agreement_version (
  id {{id}},
  agreement_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  author_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  fields TEXT NOT NULL,
  label TEXT NOT NULL,
  button TEXT NOT NULL,
  source TEXT NOT NULL,
  shown_label TEXT NOT NULL,
  shown_button TEXT NOT NULL,
  shown_text TEXT NOT NULL
);
CREATE UNIQUE INDEX agreement_version_number ON agreement_version (agreement_id, number);

CREATE TABLE agreement_consent (
  id {{id}},
  agreement_id BIGINT NOT NULL,
  version_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  who TEXT NOT NULL,
  ip TEXT NOT NULL,
  url TEXT NOT NULL,
  origin_id TEXT NOT NULL,
  originator_id TEXT NOT NULL,
  needle TEXT NOT NULL
);
CREATE INDEX agreement_consent_of ON agreement_consent (agreement_id, id);
