CREATE TABLE network_code (
	code TEXT NOT NULL PRIMARY KEY,
	portal_id BIGINT NOT NULL
);
CREATE INDEX network_code_portal ON network_code (portal_id);
