-- How many conversations of each category began in a day that is summed up.
CREATE TABLE openline_topic (
  day BIGINT NOT NULL,
  operator_id BIGINT NOT NULL,
  line_id BIGINT NOT NULL,
  connector TEXT NOT NULL,
  category_id BIGINT NOT NULL,
  began BIGINT NOT NULL,
  answered BIGINT NOT NULL,
  missed BIGINT NOT NULL,
  likes BIGINT NOT NULL,
  dislikes BIGINT NOT NULL,
  PRIMARY KEY (day, operator_id, line_id, connector, category_id)
);
