CREATE TABLE placement_field_type (
	id {{id}},
	app_id BIGINT NOT NULL,
	type_code TEXT NOT NULL UNIQUE,
	handler TEXT NOT NULL,
	title TEXT NOT NULL,
	description TEXT NOT NULL,
	height BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (app_id, handler)
);
