-- What is known of the addresses in messages. Something is to be fetched where due is not 0.
CREATE TABLE link_preview (
  id TEXT PRIMARY KEY,
  address TEXT NOT NULL,
  host TEXT NOT NULL,
  state BIGINT NOT NULL DEFAULT 0,
  title TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT '',
  site TEXT NOT NULL DEFAULT '',
  picture TEXT NOT NULL DEFAULT '',
  width BIGINT NOT NULL DEFAULT 0,
  height BIGINT NOT NULL DEFAULT 0,
  icon BIGINT NOT NULL DEFAULT 0,
  fetched BIGINT NOT NULL DEFAULT 0,
  asked BIGINT NOT NULL,
  due BIGINT NOT NULL DEFAULT 0,
  leased BIGINT NOT NULL DEFAULT 0,
  attempts BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX link_preview_due ON link_preview (due) WHERE due > 0;
CREATE INDEX link_preview_leased ON link_preview (host) WHERE leased > 0;
CREATE INDEX link_preview_asked ON link_preview (asked);
CREATE INDEX link_preview_picture ON link_preview (picture) WHERE picture <> '';

CREATE TABLE link_picture (
  hash TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  data {{blob}} NOT NULL,
  added BIGINT NOT NULL
);

-- The messages that wait to hear of their address; adopted is 1 once it is among those to be fetched.
CREATE TABLE link_ask (
  id {{id}},
  preview_id TEXT NOT NULL,
  address TEXT NOT NULL,
  chat_id BIGINT NOT NULL,
  message_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  adopted BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX link_ask_new ON link_ask (id) WHERE adopted = 0;
CREATE INDEX link_ask_preview ON link_ask (preview_id) WHERE adopted = 1;
