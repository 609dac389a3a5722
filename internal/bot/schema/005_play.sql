CREATE TABLE bot_play (
  id {{id}},
  bot_id BIGINT NOT NULL,
  actor_id BIGINT NOT NULL,
  as_id BIGINT NOT NULL,
  in_group BIGINT NOT NULL,
  chat_id BIGINT NOT NULL,
  since BIGINT NOT NULL,
  created BIGINT NOT NULL
);
CREATE UNIQUE INDEX bot_play_of ON bot_play (bot_id, actor_id, as_id, in_group);

CREATE TABLE bot_test (
  id {{id}},
  bot_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  script TEXT NOT NULL,
  author_id BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  ran BIGINT NOT NULL DEFAULT 0,
  passed BIGINT NOT NULL DEFAULT 0,
  report TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX bot_test_name ON bot_test (bot_id, name);
