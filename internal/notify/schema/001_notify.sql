CREATE TABLE notification (
  id {{id}},
  user_id BIGINT NOT NULL,
  author_id BIGINT NOT NULL,
  stage BIGINT NOT NULL,
  type BIGINT NOT NULL,
  module TEXT NOT NULL,
  event TEXT NOT NULL,
  tag TEXT NOT NULL,
  sub_tag TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  folded TEXT NOT NULL,
  url TEXT NOT NULL,
  attach TEXT NOT NULL,
  buttons TEXT NOT NULL,
  answers BIGINT NOT NULL,
  result TEXT NOT NULL DEFAULT '',
  ref BIGINT NOT NULL,
  created BIGINT NOT NULL,
  read_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notification_user ON notification (user_id, stage, id);
CREATE INDEX notification_unread ON notification (user_id) WHERE read_at = 0;
CREATE INDEX notification_tag ON notification (tag) WHERE tag <> '';
CREATE INDEX notification_sub_tag ON notification (sub_tag) WHERE sub_tag <> '';
CREATE INDEX notification_created ON notification (created);

CREATE TABLE notify_person (
  user_id BIGINT PRIMARY KEY,
  chat_id BIGINT NOT NULL DEFAULT 0,
  settings TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT '',
  idle_since BIGINT NOT NULL DEFAULT 0,
  seen_at BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE notify_device (
  id {{id}},
  user_id BIGINT NOT NULL,
  endpoint TEXT NOT NULL,
  p256dh TEXT NOT NULL,
  auth TEXT NOT NULL,
  name TEXT NOT NULL,
  created BIGINT NOT NULL,
  sent_at BIGINT NOT NULL DEFAULT 0,
  problem TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX notify_device_endpoint ON notify_device (endpoint);
CREATE INDEX notify_device_user ON notify_device (user_id);

CREATE TABLE notify_push (
  id {{id}},
  device_id BIGINT NOT NULL,
  payload TEXT NOT NULL,
  topic TEXT NOT NULL,
  urgent BIGINT NOT NULL,
  created BIGINT NOT NULL,
  not_before BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notify_push_due ON notify_push (not_before, id);
CREATE INDEX notify_push_device ON notify_push (device_id, topic);

CREATE TABLE notify_key (
  name TEXT PRIMARY KEY,
  public TEXT NOT NULL,
  sealed TEXT NOT NULL
);
