CREATE TABLE file_blob (
  sum TEXT NOT NULL PRIMARY KEY,
  object TEXT NOT NULL,
  size BIGINT NOT NULL,
  type TEXT NOT NULL,
  width BIGINT NOT NULL DEFAULT 0,
  height BIGINT NOT NULL DEFAULT 0,
  plain BIGINT NOT NULL DEFAULT 0,
  touched BIGINT NOT NULL
);
CREATE UNIQUE INDEX file_blob_object ON file_blob (object);
CREATE INDEX file_blob_touched ON file_blob (touched);

CREATE TABLE file_usage (
  id BIGINT NOT NULL PRIMARY KEY,
  bytes BIGINT NOT NULL
);
INSERT INTO file_usage (id, bytes) VALUES (1, 0);

CREATE TABLE file_preview (
  source TEXT NOT NULL,
  side BIGINT NOT NULL,
  sum TEXT NOT NULL,
  PRIMARY KEY (source, side)
);
CREATE INDEX file_preview_sum ON file_preview (sum);

CREATE TABLE file_storage (
  id {{id}},
  type TEXT NOT NULL,
  entity_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  root_id BIGINT NOT NULL,
  created BIGINT NOT NULL
);
CREATE UNIQUE INDEX file_storage_entity ON file_storage (type, entity_id);

CREATE TABLE file_node (
  id {{id}},
  storage_id BIGINT NOT NULL,
  parent_id BIGINT NOT NULL,
  folder BIGINT NOT NULL,
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  code TEXT NOT NULL DEFAULT '',
  handle TEXT NOT NULL,
  created BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  deleted BIGINT NOT NULL DEFAULT 0,
  created_by BIGINT NOT NULL,
  updated_by BIGINT NOT NULL,
  deleted_by BIGINT NOT NULL DEFAULT 0,
  deleted_type BIGINT NOT NULL DEFAULT 0,
  version_id BIGINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 0,
  sum TEXT NOT NULL DEFAULT '',
  size BIGINT NOT NULL DEFAULT 0,
  duration BIGINT NOT NULL DEFAULT 0,
  wave TEXT NOT NULL DEFAULT '',
  voice BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX file_node_name ON file_node (parent_id, folded) WHERE deleted_type = 0 AND parent_id <> 0;
CREATE INDEX file_node_parent ON file_node (parent_id, deleted_type, folder, id);
CREATE INDEX file_node_storage ON file_node (storage_id, deleted_type, folder, id);
CREATE UNIQUE INDEX file_node_handle ON file_node (handle);

CREATE TABLE file_version (
  id {{id}},
  node_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  name TEXT NOT NULL,
  sum TEXT NOT NULL,
  size BIGINT NOT NULL,
  created BIGINT NOT NULL,
  created_by BIGINT NOT NULL
);
CREATE INDEX file_version_node ON file_version (node_id, id);
CREATE INDEX file_version_sum ON file_version (sum);

CREATE TABLE file_attached (
  id {{id}},
  node_id BIGINT NOT NULL,
  entity TEXT NOT NULL,
  entity_id BIGINT NOT NULL,
  created BIGINT NOT NULL,
  created_by BIGINT NOT NULL
);
CREATE UNIQUE INDEX file_attached_entity ON file_attached (entity, entity_id, node_id);
CREATE INDEX file_attached_node ON file_attached (node_id);

CREATE TABLE file_right (
  node_id BIGINT NOT NULL,
  code TEXT NOT NULL,
  level BIGINT NOT NULL,
  PRIMARY KEY (node_id, code)
);

CREATE TABLE file_upload (
  id TEXT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  folder_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  size BIGINT NOT NULL,
  received BIGINT NOT NULL DEFAULT 0,
  detail TEXT NOT NULL DEFAULT '',
  node_id BIGINT NOT NULL DEFAULT 0,
  touched BIGINT NOT NULL
);
CREATE INDEX file_upload_touched ON file_upload (touched);

CREATE TABLE file_part (
  upload_id TEXT NOT NULL,
  start BIGINT NOT NULL,
  size BIGINT NOT NULL,
  sum TEXT NOT NULL,
  PRIMARY KEY (upload_id, start)
);
CREATE INDEX file_part_sum ON file_part (sum);
