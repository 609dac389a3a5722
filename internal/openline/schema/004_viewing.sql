CREATE TABLE openline_viewing (
  user_id BIGINT NOT NULL,
  page TEXT NOT NULL,
  chat_id BIGINT NOT NULL,
  until BIGINT NOT NULL,
  PRIMARY KEY (user_id, page)
);
CREATE INDEX openline_viewing_chat ON openline_viewing (chat_id, until);
CREATE INDEX openline_viewing_until ON openline_viewing (until);
