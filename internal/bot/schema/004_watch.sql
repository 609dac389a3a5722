CREATE TABLE bot_wait (
  chat_id BIGINT NOT NULL,
  bot_id BIGINT NOT NULL,
  message_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  asked BIGINT NOT NULL,
  due BIGINT NOT NULL,
  told BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (chat_id, bot_id)
);
CREATE INDEX bot_wait_due ON bot_wait (due) WHERE told = 0;

CREATE TABLE bot_exchange (
  chat_id BIGINT PRIMARY KEY,
  bot_id BIGINT NOT NULL,
  turns BIGINT NOT NULL,
  at BIGINT NOT NULL,
  cut BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE bot_note (
  id {{id}},
  bot_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  chat_id BIGINT NOT NULL,
  message_id BIGINT NOT NULL,
  other_id BIGINT NOT NULL,
  took BIGINT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX bot_note_bot ON bot_note (bot_id, id);
CREATE INDEX bot_note_at ON bot_note (at);
