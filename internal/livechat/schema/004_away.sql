ALTER TABLE livechat_visitor ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE livechat_visitor ADD COLUMN read_number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE livechat_visitor ADD COLUMN mailed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE livechat_visitor ADD COLUMN quiet BIGINT NOT NULL DEFAULT 0;
ALTER TABLE livechat_visitor ADD COLUMN mail_key TEXT NOT NULL DEFAULT '';
ALTER TABLE livechat_visitor ADD COLUMN page TEXT NOT NULL DEFAULT '';

CREATE TABLE livechat_away (
  visitor_id BIGINT PRIMARY KEY,
  due BIGINT NOT NULL
);
CREATE INDEX livechat_away_due ON livechat_away (due);
