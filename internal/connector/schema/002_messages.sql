ALTER TABLE connector_line DROP COLUMN last_in_at;
ALTER TABLE connector_line DROP COLUMN last_out_at;
CREATE TABLE connector_in (
	connector_id BIGINT NOT NULL,
	line_id BIGINT NOT NULL,
	chat TEXT NOT NULL,
	client TEXT NOT NULL,
	message TEXT NOT NULL,
	author_id BIGINT NOT NULL DEFAULT 0,
	visitor_id BIGINT NOT NULL DEFAULT 0,
	chat_id BIGINT NOT NULL DEFAULT 0,
	message_id BIGINT NOT NULL DEFAULT 0,
	session_id BIGINT NOT NULL DEFAULT 0,
	gone BIGINT NOT NULL DEFAULT 0,
	at BIGINT NOT NULL,
	PRIMARY KEY (connector_id, line_id, chat, client, message)
);
CREATE INDEX connector_in_at ON connector_in (connector_id, line_id, at);
CREATE TABLE connector_out (
	message_id BIGINT NOT NULL PRIMARY KEY,
	connector_id BIGINT NOT NULL,
	line_id BIGINT NOT NULL,
	chat_id BIGINT NOT NULL,
	visitor_id BIGINT NOT NULL,
	chat TEXT NOT NULL,
	external TEXT NOT NULL DEFAULT '',
	delivered_at BIGINT NOT NULL DEFAULT 0,
	read_at BIGINT NOT NULL DEFAULT 0,
	lost TEXT NOT NULL DEFAULT '',
	data TEXT NOT NULL DEFAULT '',
	author_id BIGINT NOT NULL,
	at BIGINT NOT NULL
);
CREATE INDEX connector_out_at ON connector_out (connector_id, line_id, at);
CREATE TABLE connector_delivery (
	id BIGINT NOT NULL PRIMARY KEY,
	message_id BIGINT NOT NULL,
	state BIGINT NOT NULL DEFAULT 0,
	why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX connector_delivery_message ON connector_delivery (message_id);
CREATE INDEX connector_delivery_open ON connector_delivery (state, message_id) WHERE state <> 1;
CREATE TABLE connector_fetch (
	message_id BIGINT NOT NULL PRIMARY KEY,
	chat_id BIGINT NOT NULL,
	author_id BIGINT NOT NULL,
	body TEXT NOT NULL,
	files TEXT NOT NULL,
	tries BIGINT NOT NULL DEFAULT 0,
	next_at BIGINT NOT NULL
);
CREATE INDEX connector_fetch_next ON connector_fetch (next_at);
CREATE TABLE connector_picture (
	visitor_id BIGINT NOT NULL PRIMARY KEY,
	url TEXT NOT NULL,
	tries BIGINT NOT NULL DEFAULT 0,
	next_at BIGINT NOT NULL
);
CREATE INDEX connector_picture_next ON connector_picture (next_at) WHERE next_at <> 0;
