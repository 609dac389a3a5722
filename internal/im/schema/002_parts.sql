ALTER TABLE chat ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE chat ADD COLUMN avatar TEXT NOT NULL DEFAULT '';
ALTER TABLE chat ADD COLUMN can_add TEXT NOT NULL DEFAULT 'member';
ALTER TABLE chat ADD COLUMN can_remove TEXT NOT NULL DEFAULT 'manager';
ALTER TABLE chat ADD COLUMN can_dress TEXT NOT NULL DEFAULT 'member';
ALTER TABLE chat ADD COLUMN text_field BIGINT NOT NULL DEFAULT 1;
ALTER TABLE chat_member ADD COLUMN manager BIGINT NOT NULL DEFAULT 0;
CREATE INDEX chat_member_manager ON chat_member (chat_id) WHERE manager = 1;

CREATE TABLE chat_avatar (
  chat_id BIGINT PRIMARY KEY,
  hash TEXT NOT NULL,
  type TEXT NOT NULL,
  data {{blob}} NOT NULL
);

CREATE UNIQUE INDEX message_named ON message (sender_id, chat_id, uuid) WHERE flags & 8 <> 0;
CREATE INDEX message_files ON message (chat_id, id) WHERE flags & 16 <> 0;
CREATE INDEX message_links ON message (chat_id, id) WHERE flags & 32 <> 0;

CREATE TABLE message_reaction (
  message_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  code TEXT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (message_id, user_id, code)
);

CREATE TABLE chat_pin (
  chat_id BIGINT NOT NULL,
  message_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (chat_id, message_id)
);

CREATE TABLE chat_mention (
  chat_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  message_id BIGINT NOT NULL,
  PRIMARY KEY (chat_id, user_id, message_id)
);
CREATE INDEX chat_mention_message ON chat_mention (message_id);

CREATE TABLE chat_draft (
  user_id BIGINT NOT NULL,
  dialog_id TEXT NOT NULL,
  text TEXT NOT NULL,
  reply_id BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  PRIMARY KEY (user_id, dialog_id)
);
