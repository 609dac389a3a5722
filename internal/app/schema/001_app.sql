CREATE TABLE app (
	id {{id}},
	client_id TEXT NOT NULL UNIQUE,
	secret_hash {{blob}} NOT NULL,
	application_token TEXT NOT NULL,
	name TEXT NOT NULL,
	kind TEXT NOT NULL,
	api_only BIGINT NOT NULL,
	handler_url TEXT NOT NULL,
	install_url TEXT NOT NULL,
	menu_title TEXT NOT NULL,
	scopes TEXT NOT NULL,
	version BIGINT NOT NULL,
	installed BIGINT NOT NULL,
	owner_id BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	used_at BIGINT NOT NULL DEFAULT 0,
	removed_at BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE app_token (
	id {{id}},
	app_id BIGINT NOT NULL REFERENCES app (id),
	user_id BIGINT NOT NULL,
	access_hash {{blob}} NOT NULL UNIQUE,
	access_until BIGINT NOT NULL,
	refresh_hash {{blob}} UNIQUE,
	refresh_until BIGINT NOT NULL,
	purge_at BIGINT NOT NULL,
	code_id BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX app_token_app ON app_token (app_id);
CREATE INDEX app_token_user ON app_token (user_id);
CREATE INDEX app_token_purge ON app_token (purge_at);
CREATE INDEX app_token_code ON app_token (code_id);
CREATE TABLE app_code (
	id {{id}},
	code_hash {{blob}} NOT NULL UNIQUE,
	app_id BIGINT NOT NULL REFERENCES app (id),
	user_id BIGINT NOT NULL,
	until BIGINT NOT NULL,
	used BIGINT NOT NULL DEFAULT 0,
	purge_at BIGINT NOT NULL
);
CREATE INDEX app_code_purge ON app_code (purge_at);
CREATE TABLE webhook (
	id {{id}},
	user_id BIGINT NOT NULL,
	code_hash {{blob}} NOT NULL UNIQUE,
	title TEXT NOT NULL,
	scopes TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	used_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX webhook_user ON webhook (user_id);
CREATE TABLE app_portal (
	id BIGINT NOT NULL PRIMARY KEY,
	member_id TEXT NOT NULL
);
