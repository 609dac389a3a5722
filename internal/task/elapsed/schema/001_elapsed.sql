CREATE TABLE task_elapsed (
	id {{id}},
	task_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	comment TEXT NOT NULL DEFAULT '',
	seconds BIGINT NOT NULL,
	source BIGINT NOT NULL,
	created BIGINT NOT NULL,
	started BIGINT NOT NULL,
	stopped BIGINT NOT NULL
);
CREATE INDEX task_elapsed_task ON task_elapsed (task_id, id);
CREATE INDEX task_elapsed_user ON task_elapsed (user_id, created, id);
CREATE INDEX task_elapsed_created ON task_elapsed (created, id);
CREATE TABLE task_timer (
	user_id BIGINT PRIMARY KEY,
	task_id BIGINT NOT NULL,
	started BIGINT NOT NULL
);
CREATE INDEX task_timer_task ON task_timer (task_id);
