CREATE TABLE file_word (
  id BIGINT NOT NULL PRIMARY KEY,
  words TSVECTOR NOT NULL
);
CREATE INDEX file_word_words ON file_word USING GIN (words);
CREATE TABLE file_word_new (id BIGINT NOT NULL PRIMARY KEY);
INSERT INTO file_word_new (id) SELECT id FROM file_node;
