-- due_at is when a server has to open the portal though nobody asks for it: 0 is never, 1 at once.
ALTER TABLE portal ADD COLUMN due_at BIGINT NOT NULL DEFAULT 1;

CREATE TABLE snapshot (
	id {{id}},
	host TEXT NOT NULL,
	name TEXT NOT NULL,
	place TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (host, name)
);
