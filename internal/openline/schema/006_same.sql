-- Clients of whom somebody has said that they are the same person; person_id is one of them.
CREATE TABLE openline_same (
  user_id BIGINT PRIMARY KEY,
  person_id BIGINT NOT NULL,
  by_id BIGINT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX openline_same_person ON openline_same (person_id, user_id);
