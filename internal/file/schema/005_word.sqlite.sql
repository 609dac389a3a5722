CREATE VIRTUAL TABLE file_word USING fts5 (words, content='', contentless_delete=1, detail=none, prefix='2 3 4', tokenize="ascii");
CREATE TABLE file_word_new (id INTEGER PRIMARY KEY);
INSERT INTO file_word_new (id) SELECT id FROM file_node;
