CREATE TABLE event_binding (
	id {{id}},
	app_id BIGINT NOT NULL,
	event TEXT NOT NULL,
	handler TEXT NOT NULL,
	auth_user BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (app_id, event, handler, auth_user)
);
CREATE INDEX event_binding_event ON event_binding (event);
CREATE TABLE event_lane (
	id {{id}},
	app_id BIGINT NOT NULL,
	url TEXT NOT NULL,
	failures BIGINT NOT NULL DEFAULT 0,
	not_before BIGINT NOT NULL DEFAULT 0,
	UNIQUE (app_id, url)
);
CREATE TABLE event_delivery (
	id {{id}},
	lane_id BIGINT NOT NULL,
	binding_id BIGINT NOT NULL,
	name TEXT NOT NULL,
	user_id BIGINT NOT NULL,
	bot_id BIGINT NOT NULL,
	no_auth BIGINT NOT NULL,
	token TEXT NOT NULL,
	data TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	state BIGINT NOT NULL DEFAULT 0,
	attempts BIGINT NOT NULL DEFAULT 0,
	sent_at BIGINT NOT NULL DEFAULT 0,
	took_us BIGINT NOT NULL DEFAULT 0,
	status BIGINT NOT NULL DEFAULT 0,
	answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX event_delivery_pending ON event_delivery (lane_id, id) WHERE state = 0;
CREATE INDEX event_delivery_kept ON event_delivery (sent_at) WHERE state <> 0;
CREATE TABLE event_lease (
	name TEXT NOT NULL PRIMARY KEY,
	holder TEXT NOT NULL,
	until BIGINT NOT NULL
);
