CREATE TABLE task_history (
	id {{id}},
	task_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	created BIGINT NOT NULL,
	field TEXT NOT NULL,
	from_value TEXT NOT NULL DEFAULT '',
	to_value TEXT NOT NULL DEFAULT ''
);
CREATE INDEX task_history_task ON task_history (task_id, created, id);
