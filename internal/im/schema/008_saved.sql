CREATE TABLE chat_search_saved (
	id {{id}},
	user_id BIGINT NOT NULL,
	name TEXT NOT NULL,
	query TEXT NOT NULL
);
CREATE INDEX chat_search_saved_user ON chat_search_saved (user_id, id);
