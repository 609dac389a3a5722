CREATE TABLE task_comment (
	id BIGINT PRIMARY KEY,
	task_id BIGINT NOT NULL,
	author_id BIGINT NOT NULL,
	posted BIGINT NOT NULL
);
CREATE INDEX task_comment_task ON task_comment (task_id, id);
CREATE INDEX task_comment_posted ON task_comment (task_id, posted, id);
