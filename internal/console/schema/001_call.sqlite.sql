CREATE TABLE console_call (
	id INTEGER PRIMARY KEY,
	took_us BIGINT NOT NULL,
	request_id TEXT NOT NULL,
	command TEXT NOT NULL,
	trace TEXT NOT NULL,
	verb TEXT NOT NULL,
	agent TEXT NOT NULL,
	name TEXT NOT NULL,
	method TEXT NOT NULL,
	kind BIGINT NOT NULL,
	app_id BIGINT NOT NULL,
	webhook_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	remote TEXT NOT NULL,
	status BIGINT NOT NULL,
	error TEXT NOT NULL,
	scope BIGINT NOT NULL,
	params TEXT NOT NULL,
	params_size BIGINT NOT NULL,
	masked BIGINT NOT NULL,
	answer TEXT NOT NULL,
	answer_size BIGINT NOT NULL
);
CREATE INDEX console_call_request ON console_call (request_id);
CREATE VIRTUAL TABLE console_word USING fts5 (words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '._=:-'");
CREATE TABLE console_word_new (
	id INTEGER PRIMARY KEY,
	words TEXT NOT NULL
);
