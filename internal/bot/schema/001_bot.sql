CREATE TABLE bot (
  user_id BIGINT PRIMARY KEY,
  app_id BIGINT NOT NULL,
  client_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  code TEXT NOT NULL,
  type TEXT NOT NULL,
  openline BIGINT NOT NULL,
  on_message_add TEXT NOT NULL,
  on_message_update TEXT NOT NULL,
  on_message_delete TEXT NOT NULL,
  on_join TEXT NOT NULL,
  on_delete TEXT NOT NULL,
  version BIGINT NOT NULL,
  created BIGINT NOT NULL
);
CREATE UNIQUE INDEX bot_code ON bot (owner, code);
CREATE INDEX bot_app ON bot (app_id);
