CREATE TABLE bot_queue (
	id {{id}},
	bot_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	name TEXT NOT NULL,
	created BIGINT NOT NULL,
	data TEXT NOT NULL
);
CREATE INDEX bot_queue_bot ON bot_queue (bot_id, id) WHERE bot_id <> 0;
CREATE INDEX bot_queue_user ON bot_queue (user_id, id) WHERE user_id <> 0;
CREATE INDEX bot_queue_created ON bot_queue (created);
CREATE TABLE bot_subscriber (
	user_id BIGINT PRIMARY KEY,
	created BIGINT NOT NULL
);
CREATE TABLE bot_tally (
	bot_id BIGINT PRIMARY KEY,
	sent BIGINT NOT NULL DEFAULT 0,
	people BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE bot_person (
	bot_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	PRIMARY KEY (bot_id, user_id)
);
