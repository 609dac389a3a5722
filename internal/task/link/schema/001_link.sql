CREATE TABLE task_link (
	from_id BIGINT NOT NULL,
	to_id BIGINT NOT NULL,
	kind BIGINT NOT NULL,
	PRIMARY KEY (to_id, from_id)
);
CREATE INDEX task_link_from ON task_link (from_id, to_id);
