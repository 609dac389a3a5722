CREATE TABLE connector_removed (
	connector_id BIGINT NOT NULL PRIMARY KEY
);
