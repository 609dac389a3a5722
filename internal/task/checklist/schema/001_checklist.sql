CREATE TABLE task_checklist (
	id {{id}},
	kind TEXT NOT NULL,
	owner_id BIGINT NOT NULL,
	parent_id BIGINT NOT NULL DEFAULT 0,
	title TEXT NOT NULL,
	sort BIGINT NOT NULL DEFAULT 0,
	complete BIGINT NOT NULL DEFAULT 0,
	important BIGINT NOT NULL DEFAULT 0,
	created_by BIGINT NOT NULL,
	toggled_by BIGINT NOT NULL DEFAULT 0,
	toggled BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX task_checklist_owner ON task_checklist (kind, owner_id, parent_id, sort, id);
CREATE TABLE task_checklist_member (
	item_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	role TEXT NOT NULL,
	PRIMARY KEY (item_id, user_id)
);
