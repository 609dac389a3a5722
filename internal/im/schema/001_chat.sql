CREATE TABLE chat (
  id {{id}},
  type TEXT NOT NULL,
  title TEXT NOT NULL,
  folded TEXT NOT NULL,
  owner_id BIGINT NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  color TEXT NOT NULL,
  user_a BIGINT NOT NULL,
  user_b BIGINT NOT NULL,
  can_post TEXT NOT NULL,
  can_manage TEXT NOT NULL,
  extranet BIGINT NOT NULL DEFAULT 0,
  created BIGINT NOT NULL,
  member_count BIGINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 0,
  last_message_id BIGINT NOT NULL DEFAULT 0,
  last_seq BIGINT NOT NULL DEFAULT 0,
  last_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX chat_pair ON chat (user_a, user_b) WHERE type = 'P';
CREATE UNIQUE INDEX chat_general ON chat (entity_type) WHERE entity_type = 'GENERAL';
CREATE INDEX chat_entity ON chat (entity_type, entity_id) WHERE entity_id <> '';

CREATE TABLE chat_member (
  chat_id BIGINT NOT NULL REFERENCES chat (id),
  user_id BIGINT NOT NULL,
  bot BIGINT NOT NULL,
  joined BIGINT NOT NULL,
  history_from BIGINT NOT NULL,
  read_seq BIGINT NOT NULL,
  read_message_id BIGINT NOT NULL,
  gone BIGINT NOT NULL DEFAULT 0,
  pinned BIGINT NOT NULL DEFAULT 0,
  muted BIGINT NOT NULL DEFAULT 0,
  marked BIGINT NOT NULL DEFAULT 0,
  hidden_seq BIGINT NOT NULL DEFAULT -1,
  PRIMARY KEY (chat_id, user_id)
);
CREATE INDEX chat_member_user ON chat_member (user_id);
CREATE INDEX chat_member_muted ON chat_member (chat_id) WHERE muted = 1;

CREATE TABLE message (
  id {{id}},
  chat_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  author_id BIGINT NOT NULL,
  sender_id BIGINT NOT NULL,
  created BIGINT NOT NULL,
  text TEXT NOT NULL,
  extra TEXT NOT NULL,
  uuid TEXT NOT NULL,
  reply_id BIGINT NOT NULL,
  flags BIGINT NOT NULL,
  edited BIGINT NOT NULL DEFAULT 0,
  deleted BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX message_chat ON message (chat_id, id);
