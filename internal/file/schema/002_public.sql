CREATE TABLE file_public (
  code TEXT NOT NULL PRIMARY KEY,
  node_id BIGINT NOT NULL,
  created BIGINT NOT NULL,
  created_by BIGINT NOT NULL
);
CREATE UNIQUE INDEX file_public_node ON file_public (node_id);
