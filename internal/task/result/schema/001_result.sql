CREATE TABLE task_result (
	id {{id}},
	task_id BIGINT NOT NULL,
	author_id BIGINT NOT NULL,
	text TEXT NOT NULL,
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL DEFAULT 0,
	status TEXT NOT NULL DEFAULT 'open',
	message_id BIGINT NOT NULL DEFAULT 0,
	files TEXT NOT NULL DEFAULT ''
);
CREATE INDEX task_result_task ON task_result (task_id, id);
CREATE INDEX task_result_message ON task_result (message_id, id);
