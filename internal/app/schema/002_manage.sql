ALTER TABLE app ADD COLUMN old_secret_hash {{blob}};
ALTER TABLE app ADD COLUMN old_secret_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE app_token ADD COLUMN spent_hash {{blob}};
ALTER TABLE app_token ADD COLUMN spent_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE app_token ADD COLUMN successor {{blob}};
CREATE INDEX app_token_spent ON app_token (spent_hash);
CREATE TABLE app_use (
	app_id BIGINT NOT NULL REFERENCES app (id),
	user_id BIGINT NOT NULL,
	used_at BIGINT NOT NULL,
	address TEXT NOT NULL,
	PRIMARY KEY (app_id, user_id)
);
CREATE TABLE app_race (
	app_id BIGINT NOT NULL REFERENCES app (id),
	user_id BIGINT NOT NULL,
	kind TEXT NOT NULL,
	times BIGINT NOT NULL,
	last_at BIGINT NOT NULL,
	told_at BIGINT NOT NULL,
	PRIMARY KEY (app_id, user_id, kind)
);
ALTER TABLE webhook ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhook ADD COLUMN disabled_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhook ADD COLUMN used_from TEXT NOT NULL DEFAULT '';
