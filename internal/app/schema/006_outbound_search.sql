ALTER TABLE app_outbound ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE app_outbound SET search = LOWER(name || ' ' || url);
