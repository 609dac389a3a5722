CREATE TABLE audit_entry (
	id {{id}},
	at BIGINT NOT NULL,
	severity TEXT NOT NULL,
	type TEXT NOT NULL,
	module TEXT NOT NULL,
	item TEXT NOT NULL,
	addr TEXT NOT NULL,
	agent TEXT NOT NULL,
	uri TEXT NOT NULL,
	user_id BIGINT NOT NULL,
	description TEXT NOT NULL
);
CREATE INDEX audit_entry_at ON audit_entry (at, id);
CREATE INDEX audit_entry_type ON audit_entry (type, id);
CREATE INDEX audit_entry_user ON audit_entry (user_id, id);
