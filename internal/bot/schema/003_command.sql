ALTER TABLE bot ADD COLUMN deadline BIGINT NOT NULL DEFAULT 0;

CREATE TABLE bot_command (
  id {{id}},
  bot_id BIGINT NOT NULL,
  command TEXT NOT NULL,
  handler TEXT NOT NULL,
  common BIGINT NOT NULL,
  hidden BIGINT NOT NULL,
  extranet BIGINT NOT NULL,
  lang TEXT NOT NULL,
  created BIGINT NOT NULL
);
CREATE UNIQUE INDEX bot_command_name ON bot_command (bot_id, command);

CREATE TABLE bot_invoked (
  message_id BIGINT NOT NULL,
  command_id BIGINT NOT NULL,
  chat_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (message_id, command_id)
);
CREATE INDEX bot_invoked_at ON bot_invoked (at);
