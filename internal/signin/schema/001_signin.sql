CREATE TABLE second_factor (
  user_id BIGINT NOT NULL PRIMARY KEY REFERENCES portal_user (id),
  secret TEXT NOT NULL,
  confirmed BIGINT NOT NULL,
  last_step BIGINT NOT NULL
);

CREATE TABLE recovery_code (
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  hash TEXT NOT NULL,
  PRIMARY KEY (user_id, hash)
);

CREATE TABLE factor_draft (
  user_id BIGINT NOT NULL PRIMARY KEY REFERENCES portal_user (id),
  secret TEXT NOT NULL,
  expires BIGINT NOT NULL
);

CREATE TABLE trusted_device (
  token TEXT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX trusted_device_user ON trusted_device (user_id);
CREATE INDEX trusted_device_expires ON trusted_device (expires);

CREATE TABLE sign_in_step (
  token TEXT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  method TEXT NOT NULL,
  passed BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX sign_in_step_user ON sign_in_step (user_id);
CREATE INDEX sign_in_step_expires ON sign_in_step (expires);

CREATE TABLE provider_attempt (
  state TEXT NOT NULL PRIMARY KEY,
  nonce TEXT NOT NULL,
  verifier TEXT NOT NULL,
  next TEXT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX provider_attempt_expires ON provider_attempt (expires);

CREATE TABLE provider_identity (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX provider_identity_user ON provider_identity (user_id);
