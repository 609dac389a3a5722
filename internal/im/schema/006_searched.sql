CREATE TABLE chat_searched (
  user_id BIGINT NOT NULL,
  dialog_id TEXT NOT NULL,
  added BIGINT NOT NULL,
  PRIMARY KEY (user_id, dialog_id)
);
