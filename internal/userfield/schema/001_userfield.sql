CREATE TABLE userfield (
	id {{id}},
	entity TEXT NOT NULL,
	name TEXT NOT NULL,
	type TEXT NOT NULL,
	xml_id TEXT NOT NULL,
	sort BIGINT NOT NULL,
	multiple BIGINT NOT NULL,
	mandatory BIGINT NOT NULL,
	show_filter BIGINT NOT NULL,
	show_in_list BIGINT NOT NULL,
	edit_in_list BIGINT NOT NULL,
	searchable BIGINT NOT NULL,
	settings TEXT NOT NULL,
	labels TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (entity, name)
);
CREATE TABLE userfield_choice (
	id {{id}},
	field_id BIGINT NOT NULL REFERENCES userfield (id),
	sort BIGINT NOT NULL,
	value TEXT NOT NULL,
	is_default BIGINT NOT NULL,
	xml_id TEXT NOT NULL
);
CREATE INDEX userfield_choice_field ON userfield_choice (field_id, sort, id);
CREATE TABLE userfield_value (
	field_id BIGINT NOT NULL REFERENCES userfield (id),
	owner_id BIGINT NOT NULL,
	pos BIGINT NOT NULL,
	text TEXT NOT NULL,
	folded TEXT NOT NULL,
	whole BIGINT NOT NULL,
	number DOUBLE PRECISION NOT NULL,
	PRIMARY KEY (field_id, owner_id, pos)
);
CREATE INDEX userfield_value_owner ON userfield_value (owner_id, field_id);
CREATE INDEX userfield_value_whole ON userfield_value (field_id, whole);
CREATE INDEX userfield_value_number ON userfield_value (field_id, number);
CREATE INDEX userfield_value_folded ON userfield_value (field_id, folded);
