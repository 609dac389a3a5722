CREATE TABLE portal (
	id {{id}},
	host TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	prepared_at BIGINT NOT NULL,
	claimed_until BIGINT NOT NULL
);

CREATE TABLE address (
	id BIGINT NOT NULL PRIMARY KEY,
	url TEXT NOT NULL,
	scheme TEXT NOT NULL,
	port BIGINT NOT NULL
);
