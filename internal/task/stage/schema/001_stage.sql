CREATE TABLE task_stage (
	id {{id}},
	kind TEXT NOT NULL,
	owner_id BIGINT NOT NULL,
	title TEXT NOT NULL,
	sort BIGINT NOT NULL,
	color TEXT NOT NULL,
	system_type TEXT NOT NULL DEFAULT ''
);
CREATE INDEX task_stage_owner ON task_stage (kind, owner_id, sort, id);
CREATE TABLE task_stage_place (
	kind TEXT NOT NULL,
	owner_id BIGINT NOT NULL,
	task_id BIGINT NOT NULL,
	stage_id BIGINT NOT NULL,
	pos BIGINT NOT NULL,
	PRIMARY KEY (kind, owner_id, task_id)
);
CREATE INDEX task_stage_place_stage ON task_stage_place (stage_id, pos, task_id);
CREATE INDEX task_stage_place_task ON task_stage_place (task_id);
