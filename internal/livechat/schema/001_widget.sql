CREATE TABLE livechat_widget (
  id {{id}},
  code TEXT NOT NULL,
  line_id BIGINT NOT NULL,
  settings TEXT NOT NULL,
  secret TEXT NOT NULL,
  secret_at BIGINT NOT NULL,
  created BIGINT NOT NULL,
  creator_id BIGINT NOT NULL
);
CREATE UNIQUE INDEX livechat_widget_code ON livechat_widget (code);
CREATE INDEX livechat_widget_line ON livechat_widget (line_id);

CREATE TABLE livechat_visitor (
  id {{id}},
  widget_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  proved TEXT NOT NULL,
  profile TEXT NOT NULL,
  consent TEXT NOT NULL,
  consent_at BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  chat_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created BIGINT NOT NULL
);
CREATE UNIQUE INDEX livechat_visitor_name ON livechat_visitor (name);
CREATE INDEX livechat_visitor_widget ON livechat_visitor (widget_id);
CREATE UNIQUE INDEX livechat_visitor_proved ON livechat_visitor (widget_id, proved) WHERE proved <> '';

CREATE TABLE livechat_token (
  hash TEXT PRIMARY KEY,
  visitor_id BIGINT NOT NULL,
  used BIGINT NOT NULL
);
CREATE INDEX livechat_token_visitor ON livechat_token (visitor_id, used);

CREATE TABLE livechat_message (
  id {{id}},
  visitor_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  version BIGINT NOT NULL,
  message_id BIGINT NOT NULL,
  uuid TEXT NOT NULL,
  own BIGINT NOT NULL,
  author TEXT NOT NULL,
  avatar TEXT NOT NULL,
  content TEXT NOT NULL,
  files TEXT NOT NULL,
  vote BIGINT NOT NULL,
  sent BIGINT NOT NULL,
  edited BIGINT NOT NULL,
  removed BIGINT NOT NULL
);
CREATE UNIQUE INDEX livechat_message_number ON livechat_message (visitor_id, number);
CREATE UNIQUE INDEX livechat_message_uuid ON livechat_message (visitor_id, uuid) WHERE uuid <> '';
CREATE INDEX livechat_message_version ON livechat_message (visitor_id, version);
CREATE INDEX livechat_message_portal ON livechat_message (visitor_id, message_id);

CREATE TABLE livechat_file (
  visitor_id BIGINT NOT NULL,
  file_id BIGINT NOT NULL,
  message_id BIGINT NOT NULL,
  PRIMARY KEY (visitor_id, file_id)
);
