CREATE VIRTUAL TABLE message_word USING fts5 (words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '='");
CREATE TABLE message_word_new (id INTEGER PRIMARY KEY);
CREATE TABLE message_word_reached (message_id INTEGER NOT NULL);
INSERT INTO message_word_reached (message_id) VALUES (0);
