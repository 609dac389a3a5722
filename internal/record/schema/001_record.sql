CREATE TABLE record_total (
	name TEXT NOT NULL,
	shard BIGINT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (name, shard)
);
CREATE TABLE record_multi (
	id {{id}},
	entity TEXT NOT NULL,
	owner_id BIGINT NOT NULL,
	type TEXT NOT NULL,
	value_type TEXT NOT NULL,
	value TEXT NOT NULL,
	folded TEXT NOT NULL
);
CREATE INDEX record_multi_owner ON record_multi (entity, owner_id, type, id);
CREATE INDEX record_multi_value ON record_multi (entity, type, folded, owner_id);
