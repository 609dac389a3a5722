CREATE TABLE notify_message (
  id {{id}},
  chat_id BIGINT NOT NULL,
  data TEXT NOT NULL,
  after_user BIGINT NOT NULL DEFAULT 0,
  created BIGINT NOT NULL
);
