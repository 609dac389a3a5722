CREATE TABLE department (
  id {{id}},
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  parent_id BIGINT NOT NULL DEFAULT 0,
  head_id BIGINT NOT NULL DEFAULT 0,
  sort BIGINT NOT NULL DEFAULT 500
);
CREATE INDEX department_parent ON department (parent_id);

CREATE TABLE portal_user (
  id {{id}},
  kind TEXT NOT NULL,
  active BIGINT NOT NULL,
  admin BIGINT NOT NULL,
  login TEXT NOT NULL,
  login_folded TEXT NOT NULL,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  second_name TEXT NOT NULL,
  position TEXT NOT NULL,
  gender TEXT NOT NULL,
  birthday TEXT NOT NULL,
  www TEXT NOT NULL,
  mobile TEXT NOT NULL,
  work_phone TEXT NOT NULL,
  inner_phone TEXT NOT NULL,
  city TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  language TEXT NOT NULL,
  color_code TEXT NOT NULL,
  avatar_hash TEXT NOT NULL DEFAULT '',
  theme TEXT NOT NULL DEFAULT '',
  departments TEXT NOT NULL DEFAULT '',
  search TEXT NOT NULL,
  password TEXT NOT NULL DEFAULT '',
  last_login BIGINT NOT NULL DEFAULT 0,
  last_activity BIGINT NOT NULL DEFAULT 0,
  registered BIGINT NOT NULL,
  updated BIGINT NOT NULL
);
CREATE UNIQUE INDEX portal_user_login ON portal_user (login_folded);
CREATE UNIQUE INDEX portal_user_email ON portal_user (email_folded) WHERE email_folded <> '';
CREATE INDEX portal_user_kind ON portal_user (kind, active, id);

CREATE TABLE user_field (
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  folded TEXT NOT NULL,
  PRIMARY KEY (user_id, name)
);
CREATE INDEX user_field_folded ON user_field (name, folded);

CREATE TABLE user_department (
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  department_id BIGINT NOT NULL REFERENCES department (id),
  PRIMARY KEY (user_id, department_id)
);
CREATE INDEX user_department_department ON user_department (department_id, user_id);

CREATE TABLE user_avatar (
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  hash TEXT NOT NULL,
  size BIGINT NOT NULL,
  type TEXT NOT NULL,
  data {{blob}} NOT NULL,
  PRIMARY KEY (user_id, hash, size)
);

CREATE TABLE user_session (
  token TEXT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL,
  created BIGINT NOT NULL,
  used BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX user_session_user ON user_session (user_id);
CREATE INDEX user_session_expires ON user_session (expires);

CREATE TABLE sign_in_attempt (
  subject TEXT NOT NULL PRIMARY KEY,
  attempts BIGINT NOT NULL,
  since BIGINT NOT NULL
);
CREATE INDEX sign_in_attempt_since ON sign_in_attempt (since);

CREATE TABLE user_link (
  user_id BIGINT NOT NULL PRIMARY KEY REFERENCES portal_user (id),
  token TEXT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_link_token ON user_link (token);
