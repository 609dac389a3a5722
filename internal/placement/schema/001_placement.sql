CREATE TABLE placement (
	id {{id}},
	app_id BIGINT NOT NULL,
	code TEXT NOT NULL,
	user_id BIGINT NOT NULL,
	handler TEXT NOT NULL,
	title TEXT NOT NULL,
	description TEXT NOT NULL,
	group_name TEXT NOT NULL,
	options TEXT NOT NULL,
	langs TEXT NOT NULL,
	created_by BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (app_id, code, handler, user_id, title)
);
