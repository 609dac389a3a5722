CREATE TABLE app_outbound (
	id {{id}},
	name TEXT NOT NULL,
	url TEXT NOT NULL,
	events TEXT NOT NULL,
	application_token TEXT NOT NULL,
	signing_secret TEXT NOT NULL,
	owner_id BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
ALTER TABLE app ADD COLUMN signing_secret TEXT NOT NULL DEFAULT '';
