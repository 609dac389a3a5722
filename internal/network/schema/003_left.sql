-- left_at is when the portal left a line that it had joined; 0: it has not.
ALTER TABLE network_join ADD COLUMN left_at BIGINT NOT NULL DEFAULT 0;
