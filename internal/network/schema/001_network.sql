CREATE TABLE network_line (
	id {{id}},
	line_id BIGINT NOT NULL UNIQUE,
	code TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	welcome TEXT NOT NULL,
	avatar {{blob}} NOT NULL,
	active BIGINT NOT NULL,
	version BIGINT NOT NULL,
	created BIGINT NOT NULL,
	changed BIGINT NOT NULL
);
CREATE TABLE network_join (
	bot_id BIGINT NOT NULL PRIMARY KEY,
	code TEXT NOT NULL UNIQUE,
	peer TEXT NOT NULL,
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	welcome TEXT NOT NULL,
	version BIGINT NOT NULL,
	joined_by BIGINT NOT NULL,
	created BIGINT NOT NULL
);
-- greeted is when the welcome was sent, begun when the user first wrote, told when an application last wrote in the line's name: 0 is never.
CREATE TABLE network_talk (
	bot_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	greeted BIGINT NOT NULL DEFAULT 0,
	begun BIGINT NOT NULL DEFAULT 0,
	told BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (bot_id, user_id)
);
-- What came in, by the names that the other side gave it.
CREATE TABLE network_received (
	side TEXT NOT NULL,
	peer TEXT NOT NULL,
	code TEXT NOT NULL,
	user_id BIGINT NOT NULL,
	kind TEXT NOT NULL,
	origin_id BIGINT NOT NULL,
	local_id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (side, peer, code, user_id, kind, origin_id)
);
CREATE TABLE network_outbox (
	id {{id}},
	peer TEXT NOT NULL,
	lane TEXT NOT NULL,
	kind TEXT NOT NULL,
	body TEXT NOT NULL,
	chat_id BIGINT NOT NULL,
	attempts BIGINT NOT NULL DEFAULT 0,
	problem TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	next_at BIGINT NOT NULL
);
CREATE INDEX network_outbox_lane ON network_outbox (lane, id);
CREATE INDEX network_outbox_next ON network_outbox (next_at, id);
CREATE INDEX network_outbox_peer ON network_outbox (peer, id);
CREATE TABLE network_trust (
	id {{id}},
	url TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	public_key TEXT NOT NULL,
	created BIGINT NOT NULL
);
CREATE TABLE network_nonce (
	trust_id BIGINT NOT NULL,
	nonce TEXT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (trust_id, nonce)
);
CREATE INDEX network_nonce_at ON network_nonce (at);
