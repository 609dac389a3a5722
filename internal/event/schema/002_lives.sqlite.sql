CREATE TABLE event_binding_next (
	id {{id}},
	app_id BIGINT NOT NULL,
	hook_id BIGINT NOT NULL DEFAULT 0,
	event TEXT NOT NULL,
	handler TEXT NOT NULL,
	auth_user BIGINT NOT NULL,
	offline BIGINT NOT NULL DEFAULT 0,
	connector TEXT NOT NULL DEFAULT '',
	min_timeout BIGINT NOT NULL DEFAULT 1,
	told_at BIGINT NOT NULL DEFAULT 0,
	tell_at BIGINT NOT NULL DEFAULT 0,
	told_hit TEXT NOT NULL DEFAULT '',
	created_by BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (app_id, hook_id, event, handler, auth_user, offline, connector)
);
INSERT INTO event_binding_next (id, app_id, event, handler, auth_user, created_by, created_at)
	SELECT id, app_id, event, handler, auth_user, created_by, created_at FROM event_binding;
DROP TABLE event_binding;
ALTER TABLE event_binding_next RENAME TO event_binding;
CREATE INDEX event_binding_event ON event_binding (event);
CREATE INDEX event_binding_tell ON event_binding (tell_at) WHERE tell_at <> 0;
CREATE TABLE event_lane_next (
	id {{id}},
	app_id BIGINT NOT NULL,
	hook_id BIGINT NOT NULL DEFAULT 0,
	url TEXT NOT NULL,
	failures BIGINT NOT NULL DEFAULT 0,
	failing_since BIGINT NOT NULL DEFAULT 0,
	not_before BIGINT NOT NULL DEFAULT 0,
	paused_at BIGINT NOT NULL DEFAULT 0,
	paused_by BIGINT NOT NULL DEFAULT 0,
	paused_how TEXT NOT NULL DEFAULT '',
	last_ok_at BIGINT NOT NULL DEFAULT 0,
	last_failed_at BIGINT NOT NULL DEFAULT 0
);
INSERT INTO event_lane_next (id, app_id, url, not_before) SELECT id, app_id, url, not_before FROM event_lane;
ALTER TABLE event_delivery ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
UPDATE event_delivery SET tries = (SELECT failures FROM event_lane l WHERE l.id = lane_id) WHERE state = 0 AND attempts > 0;
DROP TABLE event_lane;
ALTER TABLE event_lane_next RENAME TO event_lane;
CREATE UNIQUE INDEX event_lane_app ON event_lane (app_id, url) WHERE hook_id = 0;
CREATE UNIQUE INDEX event_lane_hook ON event_lane (hook_id) WHERE hook_id <> 0;
ALTER TABLE event_delivery ADD COLUMN replay_of BIGINT NOT NULL DEFAULT 0;
CREATE INDEX event_delivery_lane ON event_delivery (lane_id, id);
CREATE INDEX event_delivery_name ON event_delivery (name, id);
CREATE INDEX event_delivery_replay ON event_delivery (replay_of) WHERE replay_of <> 0;
CREATE INDEX event_delivery_dead ON event_delivery (id) WHERE state = 2;
CREATE TABLE event_attempt (
	id BIGINT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	took_us BIGINT NOT NULL,
	sent TEXT NOT NULL,
	auth TEXT NOT NULL,
	bot_auth TEXT NOT NULL,
	status BIGINT NOT NULL,
	problem TEXT NOT NULL,
	headers TEXT NOT NULL,
	answer TEXT NOT NULL
);
CREATE TABLE event_offline (
	id {{id}},
	app_id BIGINT NOT NULL,
	connector TEXT NOT NULL,
	event TEXT NOT NULL,
	message_id TEXT NOT NULL,
	data TEXT NOT NULL,
	changed_at BIGINT NOT NULL,
	process_id TEXT NOT NULL DEFAULT '',
	reserved_at BIGINT NOT NULL DEFAULT 0,
	error BIGINT NOT NULL DEFAULT 0,
	UNIQUE (app_id, connector, message_id, process_id)
);
CREATE INDEX event_offline_free ON event_offline (app_id, connector, changed_at, id);
CREATE INDEX event_offline_process ON event_offline (process_id, app_id) WHERE process_id <> '';
CREATE INDEX event_offline_reserved ON event_offline (reserved_at) WHERE reserved_at <> 0;
