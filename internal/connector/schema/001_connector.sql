CREATE TABLE connector (
	id {{id}},
	app_id BIGINT NOT NULL,
	code TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	handler TEXT NOT NULL,
	icon TEXT NOT NULL,
	icon_off TEXT NOT NULL,
	del_external BIGINT NOT NULL,
	edit_internal BIGINT NOT NULL,
	del_internal BIGINT NOT NULL,
	newsletter BIGINT NOT NULL,
	need_system BIGINT NOT NULL,
	need_signature BIGINT NOT NULL,
	chat_group BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL
);
CREATE INDEX connector_app ON connector (app_id);
CREATE TABLE connector_line (
	connector_id BIGINT NOT NULL,
	line_id BIGINT NOT NULL,
	active BIGINT NOT NULL,
	configured BIGINT NOT NULL DEFAULT 0,
	failing BIGINT NOT NULL DEFAULT 0,
	channel_id TEXT NOT NULL DEFAULT '',
	channel_url TEXT NOT NULL DEFAULT '',
	channel_url_im TEXT NOT NULL DEFAULT '',
	channel_name TEXT NOT NULL DEFAULT '',
	changed_at BIGINT NOT NULL,
	changed_by BIGINT NOT NULL,
	last_in_at BIGINT NOT NULL DEFAULT 0,
	last_out_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (connector_id, line_id)
);
CREATE INDEX connector_line_line ON connector_line (line_id);
