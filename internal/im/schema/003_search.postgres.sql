CREATE TABLE message_word (
	id BIGINT PRIMARY KEY,
	words TSVECTOR NOT NULL
);
CREATE INDEX message_word_words ON message_word USING GIN (words);
CREATE TABLE message_word_new (id BIGINT PRIMARY KEY);
INSERT INTO message_word_new SELECT id FROM message;
