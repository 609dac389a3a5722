CREATE TABLE task_template (
	id {{id}},
	created_by BIGINT NOT NULL,
	responsible_id BIGINT NOT NULL,
	base_id BIGINT NOT NULL DEFAULT 0,
	next_run BIGINT NOT NULL DEFAULT 0,
	doc TEXT NOT NULL
);
CREATE INDEX task_template_creator ON task_template (created_by, id);
CREATE INDEX task_template_responsible ON task_template (responsible_id, id);
CREATE INDEX task_template_base ON task_template (base_id, id);
CREATE INDEX task_template_next ON task_template (next_run, id);
