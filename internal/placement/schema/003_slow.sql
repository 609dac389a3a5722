CREATE TABLE placement_slow (
	handler_id BIGINT NOT NULL,
	day BIGINT NOT NULL,
	times BIGINT NOT NULL,
	PRIMARY KEY (handler_id, day)
);
