CREATE TABLE bot_chatapp (
  id {{id}},
  bot_id BIGINT NOT NULL,
  code TEXT NOT NULL,
  method TEXT NOT NULL,
  param TEXT NOT NULL,
  url TEXT NOT NULL,
  secret TEXT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  popup BIGINT NOT NULL,
  icon TEXT NOT NULL,
  icon_pair BIGINT NOT NULL,
  place TEXT NOT NULL,
  admins BIGINT NOT NULL,
  hidden BIGINT NOT NULL,
  extranet BIGINT NOT NULL,
  livechat BIGINT NOT NULL,
  lang TEXT NOT NULL,
  created BIGINT NOT NULL
);
CREATE UNIQUE INDEX bot_chatapp_code ON bot_chatapp (bot_id, code);

CREATE TABLE bot_chatapp_icon (
  chatapp_id BIGINT PRIMARY KEY,
  bot_id BIGINT NOT NULL,
  hash TEXT NOT NULL,
  data {{blob}} NOT NULL
);
CREATE INDEX bot_chatapp_icon_bot ON bot_chatapp_icon (bot_id);
