CREATE TABLE frame_start (
	app_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	started_at BIGINT NOT NULL,
	PRIMARY KEY (app_id, user_id)
);
