CREATE TABLE file_public (
  node_id BIGINT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL,
  created BIGINT NOT NULL,
  created_by BIGINT NOT NULL,
  app_id BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX file_public_code ON file_public (code);
CREATE INDEX file_public_created ON file_public (created, node_id);
CREATE INDEX file_public_owner ON file_public (created_by, created, node_id);
CREATE INDEX file_node_thrown ON file_node (deleted_by, deleted) WHERE deleted_type = 3;
CREATE INDEX file_node_trash ON file_node (storage_id, deleted) WHERE deleted_type = 3;
