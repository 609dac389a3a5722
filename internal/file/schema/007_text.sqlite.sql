CREATE TABLE file_text (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sum TEXT NOT NULL,
  state BIGINT NOT NULL DEFAULT 0,
  tries BIGINT NOT NULL DEFAULT 0,
  due BIGINT NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX file_text_sum ON file_text (sum);
CREATE INDEX file_text_due ON file_text (due, id) WHERE state < 2;
CREATE INDEX file_text_state ON file_text (state);
CREATE VIRTUAL TABLE file_text_word USING fts5 (words, content='', contentless_delete=1, detail=none, prefix='2 3 4', tokenize="ascii");
CREATE INDEX file_node_sum ON file_node (sum) WHERE folder = 0;
INSERT INTO file_text (sum) SELECT DISTINCT n.sum FROM file_node n JOIN file_blob b ON b.sum = n.sum WHERE n.folder = 0 AND (
  b.type LIKE 'text/%' OR b.type IN ('application/json', 'application/xml', 'application/pdf', 'application/zip')
  OR b.type LIKE 'application/vnd.openxmlformats-officedocument.%' OR b.type LIKE 'application/vnd.oasis.opendocument.%');
