-- token is sealed, and empty once the bot was disconnected; secret is the SHA-256 of what Telegram's requests carry.
CREATE TABLE telegram_bot (
	id {{id}},
	number BIGINT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	username TEXT NOT NULL,
	picture {{blob}} NOT NULL,
	line_id BIGINT NOT NULL,
	token TEXT NOT NULL,
	way TEXT NOT NULL,
	signed BIGINT NOT NULL,
	code TEXT NOT NULL UNIQUE,
	secret TEXT NOT NULL,
	next_update BIGINT NOT NULL DEFAULT 0,
	update_at BIGINT NOT NULL DEFAULT 0,
	holder TEXT NOT NULL DEFAULT '',
	held_until BIGINT NOT NULL DEFAULT 0,
	quiet_until BIGINT NOT NULL DEFAULT 0,
	problem TEXT NOT NULL DEFAULT '',
	problem_at BIGINT NOT NULL DEFAULT 0,
	last_in BIGINT NOT NULL DEFAULT 0,
	last_out BIGINT NOT NULL DEFAULT 0,
	created BIGINT NOT NULL,
	creator_id BIGINT NOT NULL
);
CREATE INDEX telegram_bot_line ON telegram_bot (line_id);
-- What came in, so that it comes in once.
CREATE TABLE telegram_update (
	bot_id BIGINT NOT NULL,
	update_id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (bot_id, update_id)
);
CREATE INDEX telegram_update_at ON telegram_update (at);
-- Chats of clients with bots; blocked: the client has blocked the bot.
CREATE TABLE telegram_chat (
	bot_id BIGINT NOT NULL,
	chat BIGINT NOT NULL,
	chat_id BIGINT NOT NULL,
	visitor_id BIGINT NOT NULL,
	blocked BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (bot_id, chat)
);
-- Messages of both sides by the numbers that they have in their chats there. A long one of the portal has several parts.
CREATE TABLE telegram_message (
	bot_id BIGINT NOT NULL,
	chat BIGINT NOT NULL,
	number BIGINT NOT NULL,
	message_id BIGINT NOT NULL,
	part BIGINT NOT NULL,
	kind TEXT NOT NULL,
	buttons TEXT NOT NULL,
	file TEXT NOT NULL,
	changed BIGINT NOT NULL,
	PRIMARY KEY (bot_id, chat, number)
);
CREATE INDEX telegram_message_portal ON telegram_message (message_id, part);
CREATE TABLE telegram_out (
	id {{id}},
	bot_id BIGINT NOT NULL,
	chat BIGINT NOT NULL,
	chat_id BIGINT NOT NULL,
	message_id BIGINT NOT NULL,
	part BIGINT NOT NULL,
	kind TEXT NOT NULL,
	body TEXT NOT NULL,
	state BIGINT NOT NULL DEFAULT 0,
	why TEXT NOT NULL DEFAULT '',
	attempts BIGINT NOT NULL DEFAULT 0,
	held BIGINT NOT NULL DEFAULT 0,
	created BIGINT NOT NULL,
	next_at BIGINT NOT NULL
);
CREATE INDEX telegram_out_lane ON telegram_out (bot_id, chat, id) WHERE state = 0;
CREATE INDEX telegram_out_next ON telegram_out (next_at, id) WHERE state = 0;
CREATE INDEX telegram_out_failed ON telegram_out (bot_id, id) WHERE state = 1;
CREATE INDEX telegram_out_message ON telegram_out (message_id, part);
CREATE TABLE telegram_fetch (
	message_id BIGINT NOT NULL PRIMARY KEY,
	bot_id BIGINT NOT NULL,
	chat_id BIGINT NOT NULL,
	author_id BIGINT NOT NULL,
	body TEXT NOT NULL,
	files TEXT NOT NULL,
	tries BIGINT NOT NULL DEFAULT 0,
	next_at BIGINT NOT NULL
);
CREATE INDEX telegram_fetch_next ON telegram_fetch (next_at);
-- Clients whose picture is looked at now and then.
CREATE TABLE telegram_person (
	number BIGINT NOT NULL PRIMARY KEY,
	bot_id BIGINT NOT NULL,
	visitor_id BIGINT NOT NULL,
	picture TEXT NOT NULL DEFAULT '',
	tries BIGINT NOT NULL DEFAULT 0,
	looked BIGINT NOT NULL DEFAULT 0,
	next_at BIGINT NOT NULL
);
CREATE INDEX telegram_person_next ON telegram_person (next_at) WHERE next_at <> 0;
