CREATE TABLE answer_folder (
	id {{id}},
	owner_id BIGINT NOT NULL,
	name TEXT NOT NULL,
	folded TEXT NOT NULL
);
CREATE UNIQUE INDEX answer_folder_name ON answer_folder (owner_id, folded);
CREATE TABLE canned_answer (
	id {{id}},
	owner_id BIGINT NOT NULL,
	folder_id BIGINT NOT NULL,
	keyword TEXT NOT NULL,
	text TEXT NOT NULL,
	folded TEXT NOT NULL,
	author_id BIGINT NOT NULL,
	changed_at BIGINT NOT NULL
);
CREATE INDEX canned_answer_owner ON canned_answer (owner_id, keyword, id);
CREATE INDEX canned_answer_folder ON canned_answer (folder_id);
