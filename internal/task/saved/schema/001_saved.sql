CREATE TABLE task_saved (
	id {{id}},
	user_id BIGINT NOT NULL,
	name TEXT NOT NULL,
	query TEXT NOT NULL
);
CREATE INDEX task_saved_user ON task_saved (user_id, id);
CREATE TABLE task_look (
	user_id BIGINT NOT NULL PRIMARY KEY,
	columns TEXT NOT NULL
);
