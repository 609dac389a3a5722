ALTER TABLE app ADD COLUMN search TEXT NOT NULL DEFAULT '';
ALTER TABLE webhook ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE app SET search = LOWER(name || ' ' || client_id);
UPDATE webhook SET search = LOWER(title);
CREATE INDEX app_use_used ON app_use (app_id, used_at);
