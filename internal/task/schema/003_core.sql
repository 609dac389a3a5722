ALTER TABLE task ADD COLUMN chat_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE task ADD COLUMN deadline_by_parts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN complete_by_parts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN result_required BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task_view ADD COLUMN pinned BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task_view ADD COLUMN muted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task_view ADD COLUMN new_comments BIGINT NOT NULL DEFAULT 0;
CREATE INDEX task_view_user ON task_view (user_id, new_comments);
CREATE TABLE task_label (
	id {{id}},
	tag TEXT NOT NULL,
	tag_lower TEXT NOT NULL UNIQUE
);
INSERT INTO task_label (tag, tag_lower) SELECT MIN(tag), tag_lower FROM task_tag GROUP BY tag_lower;
CREATE TABLE task_crm (
	task_id BIGINT NOT NULL,
	binding TEXT NOT NULL,
	PRIMARY KEY (task_id, binding)
);
CREATE INDEX task_crm_binding ON task_crm (binding, task_id);
CREATE TABLE task_reminder (
	id {{id}},
	task_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	kind TEXT NOT NULL,
	at BIGINT NOT NULL
);
CREATE INDEX task_reminder_at ON task_reminder (at, id);
CREATE INDEX task_reminder_task ON task_reminder (task_id, user_id, at);
INSERT INTO task_reminder (task_id, user_id, kind, at) SELECT id, 0, 'deadline', deadline FROM task WHERE deadline > 0 AND status NOT IN (4, 5);
INSERT INTO record_total (name, shard, n) SELECT 'TASKS_TASK', 0, COUNT(*) FROM task;
