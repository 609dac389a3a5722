CREATE TABLE mail_outbox (
  id {{id}},
  account_id BIGINT NOT NULL,
  lane TEXT NOT NULL,
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  files TEXT NOT NULL,
  message_id BIGINT NOT NULL,
  chat_id BIGINT NOT NULL,
  state BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  problem TEXT NOT NULL,
  created BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  leased BIGINT NOT NULL,
  done_at BIGINT NOT NULL
);
CREATE INDEX mail_outbox_due ON mail_outbox (next_at, id) WHERE state = 0;
CREATE INDEX mail_outbox_lane ON mail_outbox (lane, id) WHERE state = 0;
CREATE UNIQUE INDEX mail_outbox_message ON mail_outbox (message_id) WHERE message_id <> 0;
CREATE INDEX mail_outbox_state ON mail_outbox (state, id);
CREATE INDEX mail_outbox_done ON mail_outbox (done_at) WHERE state <> 0 AND message_id = 0;
