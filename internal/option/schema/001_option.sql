CREATE TABLE app_option (
	app_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	name TEXT NOT NULL,
	value TEXT NOT NULL,
	size BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (app_id, user_id, name)
);
