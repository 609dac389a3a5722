CREATE TABLE replay (
	caller TEXT NOT NULL,
	user_id BIGINT NOT NULL,
	method TEXT NOT NULL,
	idempotency_key TEXT NOT NULL,
	hash TEXT NOT NULL,
	body {{blob}} NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (caller, user_id, method, idempotency_key)
);
CREATE INDEX replay_created ON replay (created_at);
